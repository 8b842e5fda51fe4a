"""What holds one table of MySQL alone, on a real MariaDB: others get their events meanwhile."""
