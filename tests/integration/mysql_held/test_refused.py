"""Schemas without a table and columns with odd names are refused by name, and hold nothing else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from elfaust.errors import TableTrouble
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql import ddl
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write
from tests.integration.mysql_held.tables import BAD, events, others_go_on, publish, stored, tables

STRINGS = {f"p{n}": {"type": "string"} for n in range(372)}


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
