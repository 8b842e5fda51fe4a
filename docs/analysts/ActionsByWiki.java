import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/** Prints how often each action was taken on a wiki. Arguments: the JDBC address, and the wiki. */
public class ActionsByWiki {
    public static void main(String[] args) throws Exception {
        String question =
            "SELECT event.action AS action, count(*) AS times, max(event_time) AS latest"
                + " FROM templatewizard WHERE year >= 2015 AND wiki = ?"
                + " GROUP BY event.action ORDER BY action";
        try (Connection connection = DriverManager.getConnection(args[0], "analyst", "");
                PreparedStatement statement = connection.prepareStatement(question)) {
            statement.setQueryTimeout(300);
            statement.setString(1, args[1]);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    System.out.printf(
                        "%s\t%d\t%s%n", rows.getString("action"), rows.getLong("times"),
                        rows.getString("latest"));
                }
            }
        }
    }
}
