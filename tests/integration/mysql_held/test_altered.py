"""What people do to a table holds its own events and no others, until it is mended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from elfaust.errors import TableChanged, TableLocked, TableTrouble
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import write
from tests.integration.mysql_held.tables import (
    BAD,
    EVENT,
    GOOD,
    events,
    others_go_on,
    publish,
    stored,
)

Admin = Callable[[str], None]
VIEW = "RENAME TABLE Bad_1 TO kept; CREATE VIEW Bad_1 AS SELECT * FROM kept"
JOIN = VIEW + " UNION ALL SELECT * FROM kept"
MOVED_BACK = "DROP VIEW Bad_1; RENAME TABLE kept TO Bad_1"
#: What somebody does, what the error says of it, and what mends it where its cure does not.
DONE = {
    "a check": ("ALTER TABLE Bad_1 ADD CONSTRAINT few CHECK (event_i < 7)", "CHECK few", ""),
    "a column's check": (
        "ALTER TABLE Bad_1 MODIFY event_i BIGINT CHECK (event_i < 7)",
        "CHECK event_i",
        "",
    ),
    "a view": (VIEW, "is a view", MOVED_BACK),
    "a view that takes no rows": (JOIN, "is a view", MOVED_BACK),
    "another unique index": (
        "ALTER TABLE Bad_1 ADD UNIQUE mine (event_s, event_n)",
        "unique index mine",
        "",
    ),
    "no unique index": ("ALTER TABLE Bad_1 DROP KEY ix_uuid", "no unique index", ""),
    "a float that rounds": ("ALTER TABLE Bad_1 MODIFY event_n FLOAT(7,2)", "float(7,2)", ""),
    "a decimal": ("ALTER TABLE Bad_1 MODIFY event_n DECIMAL(10,1)", "decimal(10,1)", ""),
    "an integer for a number": ("ALTER TABLE Bad_1 MODIFY event_n INT", "int(11)", ""),
    "a trigger": (
        "CREATE TRIGGER tr BEFORE INSERT ON Bad_1 FOR EACH ROW SET NEW.event_i = 0",
        "trigger tr (BEFORE INSERT)",
        "",
    ),
    "a stored column": (
        "ALTER TABLE Bad_1 DROP event_i, ADD event_i BIGINT AS (length(event_s)) STORED",
        "event_i is generated",
        "",
    ),
    "a column of theirs that overflows": (
        "ALTER TABLE Bad_1 ADD theirs TINYINT AS (event_i * 20) STORED",
        "'theirs'",
        "ALTER TABLE Bad_1 DROP theirs",
    ),
    "an engine without transactions": (
        "ALTER TABLE Bad_1 ENGINE = MyISAM",
        "engine MyISAM",
        "",
    ),
    "no id left": ("ALTER TABLE Bad_1 AUTO_INCREMENT = 2147483645", "column id has used", ""),
    "a column gone": (
        "ALTER TABLE Bad_1 RENAME COLUMN event_s TO kept",
        "event_s VARCHAR(1024) is missing",
        "ALTER TABLE Bad_1 RENAME COLUMN kept TO event_s",
    ),
    "a table of another key": (
        "ALTER TABLE Bad_1 ADD COLUMN mine INT NOT NULL",
        "demands a value",
        "",
    ),
}


@pytest.mark.parametrize("restarted", [False, True], ids=["open", "restarted"])
@pytest.mark.parametrize("what", DONE)
def test_what_is_done_to_a_table_holds_it_alone(
    settings: Settings, sink: MysqlSink, cursor: Any, admin: Admin, what: str, restarted: bool
) -> None:
    done, said, mend = DONE[what]
    assert write(sink, BAD, events(0, 6)) == []
    others_go_on(sink, cursor)
    for statement in done.split("; "):
        admin(statement)
    if restarted:
        sink = MysqlSink(settings, Registry(settings.schemas))
    for _ in range(2):
        with pytest.raises(TableTrouble) as caught:
            write(sink, BAD, events(0, 30))
        assert caught.value.table == "Bad_1"
        assert said in str(caught.value)
        assert caught.value.cure
        others_go_on(sink, cursor)
    for statement in (mend or caught.value.cure).split("; "):
        admin(statement)
    assert write(sink, BAD, events(0, 30)) == []
    rows = stored(cursor, "Bad_1")
    assert [row[0] for row in rows] == [f"{n:032x}" for n in range(30)]
    assert [row[1:] for row in rows[6:]] == [
        (n % 10, n % 10 + 0.125, f"s{n % 10}") for n in range(6, 30)
    ]


def test_a_float_that_ought_to_be_a_double_holds_its_table_with_the_cure(
    settings: Settings, sink: MysqlSink, cursor: Any, admin: Admin
) -> None:
    assert write(sink, BAD, events(0, 6)) == []
    doubles = replace(settings, mysql=replace(settings.mysql, number="DOUBLE"))
    sink = MysqlSink(doubles, Registry(settings.schemas))
    with pytest.raises(TableChanged, match="column event_n is float, not DOUBLE") as caught:
        write(sink, BAD, events(0, 30))
    assert caught.value.cure == "ALTER TABLE `Bad_1` MODIFY COLUMN `event_n` DOUBLE"
    others_go_on(sink, cursor)
    admin(caught.value.cure)
    assert write(sink, BAD, events(0, 30)) == []
    assert len(stored(cursor, "Bad_1")) == 30


@pytest.mark.parametrize(
    "alter",
    [
        "MODIFY id BIGINT UNSIGNED AUTO_INCREMENT NOT NULL",
        "MODIFY event_s LONGTEXT, MODIFY event_n DOUBLE",
        "ADD COLUMN theirs INT, ADD KEY theirs (event_i, event_n), ADD UNIQUE more (uuid, event_i)",
        "ROW_FORMAT = COMPACT, COMMENT = 'our best table'",
    ],
)
def test_what_does_no_harm_holds_nothing(
    sink: MysqlSink, cursor: Any, admin: Admin, alter: str
) -> None:
    assert write(sink, BAD, events(0, 6)) == []
    admin(f"ALTER TABLE Bad_1 {alter}")
    assert write(sink, BAD, events(0, 30)) == []
    assert len(stored(cursor, "Bad_1")) == 30


def test_a_locked_table_holds_itself_alone(
    settings: Settings, sink: MysqlSink, cursor: Any
) -> None:
    assert write(sink, BAD, events(0, 6)) == []
    with closing(connect(settings.mysql)) as other:
        other.query("LOCK TABLES Bad_1 WRITE")
        with pytest.raises(TableLocked, match=r"table Bad_1 is locked, .*SHOW PROCESSLIST"):
            write(sink, BAD, events(6, 6))
        others_go_on(sink, cursor)
        other.query("UNLOCK TABLES")
    assert write(sink, BAD, events(6, 6)) == []


def test_a_table_whose_insert_takes_for_ever_holds_itself_alone(
    settings: Settings, cursor: Any, admin: Admin
) -> None:
    settings = replace(settings, mysql=replace(settings.mysql, timeout=1.0))
    publish(settings, GOOD, EVENT)
    publish(settings, BAD, EVENT)
    sink = MysqlSink(settings, Registry(settings.schemas))
    assert write(sink, BAD, events(0, 6)) == []
    admin("CREATE TRIGGER tr BEFORE INSERT ON Bad_1 FOR EACH ROW SET NEW.event_i = SLEEP(600)")
    for _ in range(2):
        with pytest.raises(TableTrouble, match=r"Bad_1 .*: nothing within 1.0 s: .*SHOW TRIGGERS"):
            write(sink, BAD, events(6, 6))
        others_go_on(sink, cursor)
    cursor.execute("SHOW PROCESSLIST")
    assert not [row for row in cursor.fetchall() if "INSERT" in str(row) and "Bad_1" in str(row)]
    admin("DROP TRIGGER tr")
    assert write(sink, BAD, events(6, 6)) == []
