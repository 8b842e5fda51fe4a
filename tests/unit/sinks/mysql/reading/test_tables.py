"""Tables read back by uuid: which statements are sent, and what becomes of what MySQL says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import MySQLdb
import pytest
from MySQLdb.cursors import SSCursor

from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.schema.columns import Column
from elfaust.settings import Mysql
from elfaust.sinks.mysql.ddl import OWNER
from elfaust.sinks.mysql.reading import tables as table_module
from elfaust.sinks.mysql.reading.tables import BATCH, Tables, TableUnreadable

KEY = SchemaKey("Edit", 7)
COLUMNS = [
    Column("uuid", "CHAR(32)", path=("uuid",)),
    Column("event_n", "FLOAT", path=("event", "n")),
    Column("event_d", "DOUBLE", path=("event", "d")),
    Column("event_a`%", "TEXT", path=("event", "a`%")),
    Column("event_gone", "TEXT", path=("event", "gone")),
]
GONE = MySQLdb.OperationalError(2013, "Lost connection")
NO_COLUMN = MySQLdb.OperationalError(1054, "Unknown column 'uuid'")


class Server:
    """A server with one table; it is connection and cursor in one."""

    def __init__(self) -> None:
        self.owner: list[tuple[str, ...]] = [("Edit 7",)]
        self.shown = [(c.name, c.sql_type.lower()) for c in COLUMNS if c.name != "event_gone"]
        self.held: list[tuple[Any, ...]] = []
        self.said: list[tuple[str, Any]] = []
        self.raises: dict[str, Exception] = {}
        self.kinds: list[Any] = []
        self.open = self.closed = 0

    def query(self, statement: str) -> None:
        self.execute(statement, None)

    def cursor(self, kind: Any = None) -> Server:
        self.kinds.append(kind)
        self.open += 1
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed += 1

    def execute(self, statement: str, parameters: Any = None) -> None:
        self.said.append((statement, parameters))
        for words, error in self.raises.items():
            if words in statement:
                raise error
        if statement == OWNER:
            self.answer: Sequence[Any] = self.owner
        elif statement.startswith("SHOW COLUMNS"):
            self.answer = self.shown
        elif "COUNT(*)" in statement:
            self.answer = [(len(self.held),)]
        elif "WHERE uuid IN" in statement:
            # As the driver does it.
            assert statement % tuple(map(repr, parameters))
            self.answer = [row for row in self.held if row[0] in parameters]
        else:
            self.answer = [row[:1] for row in self.held]

    def fetchall(self) -> Sequence[Any]:
        return self.answer

    def __iter__(self) -> Iterator[Any]:
        return iter(self.answer)

    @property
    def selects(self) -> list[tuple[str, Any]]:
        return [(said, of) for said, of in self.said if said.startswith("SELECT `uuid`")]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(table_module, "connect", lambda _: server)
    return server


@pytest.fixture
def rows(server: Server) -> Tables:
    return Tables(Mysql())


def test_all_is_read_as_of_one_moment(server: Server, rows: Tables) -> None:
    assert server.said == [("START TRANSACTION WITH CONSISTENT SNAPSHOT", None)]
    rows.close()
    assert server.closed == 1


def test_rows_come_by_uuid_however_many_there_are(server: Server, rows: Tables) -> None:
    server.held = [("u1", 1.5, 2.5, "x"), ("u2", None, None, None), ("u1", 1.5, 2.5, "x")]
    table = rows.table("t`%", KEY, COLUMNS)
    assert table is not None
    found = table.rows(["u1", "u2", "u3"])
    one = {"uuid": "u1", "event_n": 1.5, "event_d": 2.5, "event_a`%": "x"}
    assert found == {"u1": [one, one], "u2": [{**dict.fromkeys(one), "uuid": "u2"}]}
    # A FLOAT by itself is shown with six digits; a column that the table lacks is not asked for.
    [(statement, parameters)] = server.selects
    shown = "`uuid`, `event_n` + 0e0, `event_d`, `event_a``%%`"
    assert statement == f"SELECT {shown} FROM `t``%%` WHERE uuid IN (%s, %s, %s)"
    assert parameters == ("u1", "u2", "u3")


@pytest.mark.parametrize("number", [0, 1, BATCH, BATCH + 1, 3 * BATCH])
def test_uuids_are_asked_for_in_batches(server: Server, rows: Tables, number: int) -> None:
    server.held = [(f"{n}", 0.0, 0.0, "") for n in range(number)]
    table = rows.table("t", KEY, COLUMNS)
    assert table is not None
    assert list(table.rows([row[0] for row in server.held])) == [row[0] for row in server.held]
    sizes = [len(parameters) for _, parameters in server.selects]
    assert sum(sizes) == number
    assert max(sizes, default=0) <= BATCH
    assert len(sizes) == -(-number // BATCH)


def test_counting_and_all_uuids(server: Server, rows: Tables) -> None:
    server.held = [("u1", 0.0, 0.0, ""), ("u1", 0.0, 0.0, ""), ("u2", 0.0, 0.0, "")]
    table = rows.table("a%b", KEY, COLUMNS)
    assert table is not None
    assert table.count() == 3
    closed = server.closed
    assert list(table.uuids()) == ["u1", "u1", "u2"]
    # What may be millions is not in memory, and a `%` stands for itself without parameters.
    assert (server.kinds[-1], server.closed) == (SSCursor, closed + 1)
    assert server.said[-2:] == [
        ("SELECT COUNT(*) FROM `a%b`", None),
        ("SELECT uuid FROM `a%b`", None),
    ]


@pytest.mark.parametrize(
    ("owner", "is_there"),
    [([], False), ([("Edit 7",)], True), ([("Edit 8",)], False), ([("mine",)], True)],
)
def test_a_table_of_another_schema_is_none(
    server: Server, rows: Tables, owner: list[tuple[str, ...]], is_there: bool
) -> None:
    server.owner = owner
    assert (rows.table("t", KEY, COLUMNS) is not None) is is_there


@pytest.mark.parametrize("kind", ["char(36)", "VARCHAR(32)", "longtext", "text"])
def test_a_uuid_that_is_any_text_is_read(server: Server, rows: Tables, kind: str) -> None:
    server.shown[0] = ("uuid", kind)
    assert rows.table("t", KEY, COLUMNS) is not None


@pytest.mark.parametrize("kind", ["binary(32)", "int(11)", "blob", "uuid", "varbinary(9)"])
def test_a_uuid_that_is_no_text_is_unreadable(server: Server, rows: Tables, kind: str) -> None:
    server.shown[0] = ("uuid", kind)
    with pytest.raises(TableUnreadable, match=r"its column uuid is " + kind.split("(")[0]):
        rows.table("t", KEY, COLUMNS)
    del server.shown[0]
    with pytest.raises(TableUnreadable, match="its column uuid is missing"):
        rows.table("t", KEY, COLUMNS)


def ask_for_rows(rows: Tables) -> object:
    table = rows.table("t", KEY, COLUMNS)
    assert table is not None
    return table.rows(["u"])


def ask_for_count(rows: Tables) -> object:
    table = rows.table("t", KEY, COLUMNS)
    assert table is not None
    return table.count()


def ask_for_uuids(rows: Tables) -> object:
    table = rows.table("t", KEY, COLUMNS)
    assert table is not None
    return list(table.uuids())


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        ("SHOW COLUMNS", lambda rows: rows.table("t", KEY, COLUMNS)),
        ("information_schema", lambda rows: rows.table("t", KEY, COLUMNS)),
        ("WHERE uuid IN", ask_for_rows),
        ("COUNT", ask_for_count),
        ("SELECT uuid", ask_for_uuids),
    ],
)
def test_what_mysql_says_is_the_server_s_or_the_table_s(
    server: Server, rows: Tables, words: str, ask: Callable[[Tables], object]
) -> None:
    server.raises = {words: GONE}
    with pytest.raises(ServerAway, match=r"MySQL 127\.0\.0\.1:3306"):
        ask(rows)
    server.raises = {words: NO_COLUMN}
    with pytest.raises(TableUnreadable, match="MySQL says 1054: Unknown column"):
        ask(rows)
    # Of a column whose character set is another.
    server.raises = {words: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")}
    with pytest.raises(TableUnreadable, match="invalid start byte"):
        ask(rows)
    assert server.open == server.closed


def test_a_server_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Mysql) -> Any:
        raise MySQLdb.OperationalError(2002, "Can't connect")

    monkeypatch.setattr(table_module, "connect", refuse)
    with pytest.raises(ServerAway, match="Can't connect"):
        Tables(Mysql(port=7))


def test_a_number_is_of_the_type_that_its_table_has(server: Server, rows: Tables) -> None:
    server.shown = [
        ("uuid", "char(32)"),
        ("event_n", "double unsigned"),
        ("event_d", "float"),
        ("event_a`%", "double"),
    ]
    table = rows.table("t", KEY, COLUMNS)
    assert table is not None
    assert table.types == {
        "uuid": "CHAR(32)",
        "event_n": "DOUBLE",
        "event_d": "FLOAT",
        "event_a`%": "TEXT",
    }
    table.rows(["u"])
    [(statement, _)] = server.selects
    assert statement.startswith("SELECT `uuid`, `event_n`, `event_d` + 0e0, `event_a``%%`")


@pytest.mark.parametrize(
    ("owner", "count"), [([("Edit 7",)], 3), ([("a comment",)], 3), ([("Other 7",)], 0), ([], 0)]
)
def test_the_rows_of_a_table_are_counted_unless_it_is_another_s(
    server: Server, rows: Tables, owner: list[tuple[str, ...]], count: int
) -> None:
    server.owner, server.held = owner, [("u",)] * 3
    assert rows.count("t`", KEY) == count
    assert any("FROM `t```" in said for said, _ in server.said) is bool(count)


def test_a_table_that_cannot_be_counted_says_why(server: Server, rows: Tables) -> None:
    server.raises["COUNT(*)"] = NO_COLUMN
    with pytest.raises(TableUnreadable, match="MySQL says 1054"):
        rows.count("t", KEY)
    server.raises["COUNT(*)"] = GONE
    with pytest.raises(ServerAway):
        rows.count("t", KEY)
