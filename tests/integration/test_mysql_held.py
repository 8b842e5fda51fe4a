"""What people do to tables on a real MariaDB: each holds its own events and no others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from elfaust.errors import TableChanged, TableLocked, TableTrouble
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql import ddl
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write

Admin = Callable[[str], None]
GOOD, BAD = SchemaKey("Good", 1), SchemaKey("Bad", 1)
STRINGS = {f"p{n}": {"type": "string"} for n in range(372)}
EVENT = {
    "properties": {
        "i": {"type": "integer"},
        "n": {"type": "number"},
        "s": {"type": "string"},
    }
}
VIEW = "RENAME TABLE Bad_1 TO kept; CREATE VIEW Bad_1 AS SELECT * FROM kept"
JOIN = VIEW + " UNION ALL SELECT * FROM kept"
MOVED_BACK = "DROP VIEW Bad_1; RENAME TABLE kept TO Bad_1"
#: What somebody does, what is told of it, and what mends it where that is not the cure told.
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


@pytest.fixture
def settings(fresh: Settings, tmp_path: Path) -> Settings:
    return replace(fresh, schemas=replace(fresh.schemas, folder=str(tmp_path / "schemas")))


def publish(settings: Settings, key: SchemaKey, schema: dict[str, Any]) -> None:
    folder = Path(settings.schemas.folder) / key.schema
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.revision}.json").write_text(json.dumps(schema))


@pytest.fixture
def sink(settings: Settings) -> MysqlSink:
    publish(settings, GOOD, EVENT)
    publish(settings, BAD, EVENT)
    return MysqlSink(settings, Registry(settings.schemas))


@pytest.fixture
def cursor(settings: Settings) -> Iterator[Any]:
    connection = connect(settings.mysql)
    connection.autocommit(True)
    yield connection.cursor()
    connection.close()


def events(first: int, count: int) -> list[Record]:
    """Return events; those from 10 on share the values of others."""
    return [
        make_record(
            orjson.dumps(
                {
                    "uuid": f"{n:032x}",
                    "dt": "2020-09-13T12:26:40Z",
                    "wiki": "enwiki",
                    "event": {"i": n % 10, "n": n % 10 + 0.125, "s": f"s{n % 10}"},
                }
            ),
            n,
            0,
        )
        for n in range(first, first + count)
    ]


def stored(cursor: Any, table: str) -> list[tuple[str, int, float, str]]:
    cursor.execute(f"SELECT uuid, event_i, event_n, event_s FROM {table} ORDER BY uuid")
    return list(cursor.fetchall())


def others_go_on(sink: MysqlSink, cursor: Any) -> None:
    """Show that the next write to another table is stored."""
    before = len(stored(cursor, "Good_1")) if "Good_1" in tables(cursor) else 0
    assert write(sink, GOOD, events(before, 3)) == []
    assert len(stored(cursor, "Good_1")) == before + 3


def tables(cursor: Any) -> set[str]:
    cursor.execute("SHOW TABLES")
    return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("restarted", [False, True], ids=["open", "restarted"])
@pytest.mark.parametrize("what", DONE)
def test_what_is_done_to_a_table_holds_it_alone(
    settings: Settings, sink: MysqlSink, cursor: Any, admin: Admin, what: str, restarted: bool
) -> None:
    done, told, mend = DONE[what]
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
        assert told in str(caught.value)
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


@pytest.mark.parametrize("name", ["a'b", "a`b", "a column 'c", "a' at row 1", "%s"])
def test_a_column_is_known_in_an_error_whatever_its_name(
    settings: Settings, sink: MysqlSink, name: str
) -> None:
    """An event that no judge has seen: it is refused, and holds nothing."""
    key = SchemaKey("Odd", 1)
    publish(settings, key, {"properties": {name: {"type": "boolean"}, "c": {}}})
    value = orjson.dumps({"uuid": "0" * 32, "dt": "2020-09-13T12:26:40Z", "event": {name: 920}})
    [(_, fault)] = write(sink, key, [make_record(value, 0, 0)])
    assert fault.path == f"$.event.{name}"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"properties": {"\U0001f600": {"type": "string"}}}, "has a character that no name"),
        ({"properties": {"foo ": {"type": "string"}}}, "ends with a space"),
        ({"properties": {"a\0": {"type": "string"}}}, "has a character that no name"),
        ({"properties": {"x" * 59: {}}}, "longer than 64"),
        ({"properties": STRINGS}, "InnoDB's page"),
        (
            {"properties": {"timestamp": {"type": "string", "default": "1970-01-01T00:00:00Z"}}},
            "does not fit VARCHAR",
        ),
    ],
)
def test_a_schema_that_can_have_no_table_is_refused_by_name(
    settings: Settings, sink: MysqlSink, cursor: Any, event: dict[str, Any], said: str
) -> None:
    publish(settings, BAD, event)
    refused = write(sink, BAD, events(0, 6))
    assert [fault.code for _, fault in refused] == ["consumer"] * 6
    assert all(said in fault.message for _, fault in refused)
    others_go_on(sink, cursor)
    assert "Bad_1" not in tables(cursor)


def test_a_table_that_mysql_refuses_for_another_reason_waits(
    settings: Settings, sink: MysqlSink, cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddl, "check", lambda *_: None)
    publish(settings, BAD, {"properties": STRINGS})
    with pytest.raises(TableTrouble, match=r"table Bad_1 takes no rows, .* 1118"):
        write(sink, BAD, events(0, 6))
    others_go_on(sink, cursor)


def next_id(cursor: Any) -> int:
    cursor.execute(
        "SELECT auto_increment FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_name = 'Bad_1'"
    )
    [(number,)] = cursor.fetchall()
    return int(number)


def test_batches_that_come_again_use_up_no_number_of_id(
    settings: Settings, sink: MysqlSink, cursor: Any
) -> None:
    assert write(sink, BAD, events(0, 20), 0, 1) == []
    before = next_id(cursor)
    for _ in range(3):
        again = MysqlSink(settings, Registry(settings.schemas))
        assert write(again, BAD, events(0, 20), 0, 1) == []
    sink.on_revoked()
    assert write(sink, BAD, events(0, 20), 0) == []
    assert next_id(cursor) == before
    assert write(sink, BAD, events(10, 20), 0) == []
    assert next_id(cursor) - before <= 16
    assert len(stored(cursor, "Bad_1")) == 30
