"""Schemas that hurt, as tables and views of the real Hive: values come back by name and type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from elfaust.hive.server import session
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from tests.hive.files import Warehouse

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
NUMBER, BOOLEAN = {"type": "number"}, {"type": "boolean"}
HOSTILE = "it's \"q\" \\ `b` ; -- \r\n ${system:user.name} \u65e5\u672c \u00e9 '); DROP DATABASE x;"
LONG = [f"p{number:03}_{'x' * 58}" for number in range(1_000)]


def struct(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


@pytest.fixture
def warehouse(hive: Settings, tmp_path: Path) -> Warehouse:
    return Warehouse(hive, tmp_path / "schemas")


def events_of(warehouse: Warehouse, source: str, columns: str = "event") -> list[Any]:
    """Return rows, their structs as JSON, of a table or view, quoted where it has to be."""
    with session(warehouse.settings.hive) as asked:
        return asked.rows(f"SELECT {columns} FROM `{warehouse.settings.hive.database}`.{source}")


def test_revisions_are_united_by_name_and_widened(warehouse: Warehouse) -> None:
    one, two, three = (SchemaKey("Edit", number) for number in (1, 2, 3))
    warehouse.add(one, {"a": INTEGER, "b": STRING, "c": struct(x=INTEGER, y=STRING)})
    warehouse.put(one, [{"a": 1, "b": "one", "c": {"x": 1, "y": "Y"}}, {"a": 2}])
    # The same fields in another order, of other types.
    warehouse.add(two, {"c": struct(y=STRING, x=NUMBER, z=BOOLEAN), "b": STRING, "a": NUMBER})
    warehouse.put(two, [{"a": 2.5, "b": "two", "c": {"y": "YY", "x": 2.5, "z": True}}])
    warehouse.add(three, {"a": NUMBER, "b": BOOLEAN, "d": array(NUMBER)})
    warehouse.put(three, [{"a": 3, "b": True, "d": [1.5]}])
    report = warehouse.run()
    assert (report.views, report.told) == (["edit"], [])
    rows = events_of(warehouse, "edit", "revision, event")
    got = sorted(((number, json.loads(event)) for number, event in rows), key=str)
    none = {"c": None, "d": None}
    assert got == [
        (1, {"a": 1.0, "b": "one", "c": {"x": 1.0, "y": "Y", "z": None}, "d": None}),
        (1, {"a": 2.0, "b": None, **none}),
        (2, {"a": 2.5, "b": "two", "c": {"x": 2.5, "y": "YY", "z": True}, "d": None}),
        (3, {"a": 3.0, "b": "true", **none, "d": [1.5]}),
    ]


def test_mixed_case_is_read_at_every_depth(warehouse: Warehouse) -> None:
    key = SchemaKey("Case", 1)
    warehouse.add(
        key,
        {"fooBar": struct(inBar=struct(deepBar=INTEGER)), "List": array(struct(oneItem=INTEGER))},
    )
    warehouse.put(key, [{"fooBar": {"inBar": {"deepBar": 7}}, "List": [{"oneItem": 8}]}])
    warehouse.run()
    columns = "event.fooBar.inBar.deepBar, event.foobar.inbar.deepbar, event.list[0].oneitem"
    for source in ("case_1", "`case`"):
        assert events_of(warehouse, source, columns) == [(7, 7, 8)]


def test_schemas_that_hurt(warehouse: Warehouse) -> None:
    cases: dict[SchemaKey, tuple[dict[str, Any], Any, Any]] = {}

    def case(schema: str, properties: dict[str, Any], sent: Any, got: Any = None) -> None:
        cases[SchemaKey(schema, 1)] = properties, sent, got or sent

    words = {"select": "s", "timestamp": "20260101000000", "end": "e", "map": "m", "local": "l"}
    case("select", {**dict.fromkeys(words, STRING)}, words)
    odd = {"a.b": INTEGER, "9lives": STRING, "": STRING, "_x": STRING}
    case(
        "Odd-Name",
        odd,
        {"a.b": 5, "9lives": "9", "": "?", "_x": "u"},
        {"9lives": "9", "_x": "u", "a_b": 5},
    )
    nested = {"m": [[1, 2], [3]], "o": [{"p": [{"q": 1}, {"q": 2}]}]}
    case(
        "Arrays",
        {"m": array(array(INTEGER)), "o": array(struct(p=array(struct(q=INTEGER))))},
        nested,
    )
    case("Many", dict.fromkeys(LONG, INTEGER), {name: n for n, name in enumerate(LONG)})
    case("L" + "o" * 62, {"a": INTEGER}, {"a": 1})
    case("Text", {"a": {**STRING, "description": HOSTILE}}, {"a": f"{HOSTILE}\n\U0001f600"})
    for key, (properties, sent, _) in cases.items():
        warehouse.add(key, properties, description=HOSTILE)
        warehouse.put(key, [sent])
    report = warehouse.run()
    assert report.told == []
    for key, (_, _, got) in cases.items():
        name = key.schema.lower().replace("-", "_")
        for source in (f"`{name}_1`", f"`{name}`"):
            [(event,)] = events_of(warehouse, source)
            assert json.loads(event) == got, source


def test_no_properties_at_all(warehouse: Warehouse) -> None:
    key = SchemaKey("Free", 1)
    warehouse.add(key, {})
    warehouse.put(key, [{"a": [1]}])
    warehouse.run()
    assert events_of(warehouse, "free") == [('{"a":[1]}',)]


def test_descriptions_are_comments_that_the_metastore_holds(warehouse: Warehouse) -> None:
    key = SchemaKey("Words", 1)
    warehouse.add(
        key, {"a": {**INTEGER, "description": HOSTILE, "unit": "ms"}}, description=HOSTILE
    )
    warehouse.put(key, [{"a": 1}])
    warehouse.run()
    with session(warehouse.settings.hive) as asked:
        shown = dict(asked.rows(f"SHOW TBLPROPERTIES {warehouse.settings.hive.database}.words"))
        columns = asked.rows(f"DESCRIBE {warehouse.settings.hive.database}.words")
    held = "it's \"q\" \\ `b` ; -- ${system:user.name} ?? \u00e9 '); DROP DATABASE x;"
    assert shown["comment"] == held
    assert shown["elfaust.field.event.a"] == f"{held} (ms)"
    assert {name: words for name, _, words in columns}["event_time"] == "dt as a timestamp in UTC"


def test_a_table_has_the_name_that_a_view_would_have(warehouse: Warehouse) -> None:
    second, other = SchemaKey("Edit", 2), SchemaKey("Edit_2", 7)
    warehouse.add(other, {"a": STRING})
    warehouse.put(other, [{"a": "of the other"}])
    assert warehouse.run().views == ["edit_2"]
    warehouse.add(second, {"b": STRING})
    warehouse.put(second, [{"b": "of the second"}])
    report = warehouse.run()
    # Its own view makes room.
    assert report.tables == ["edit_2"]
    assert [of.name for of in report.notes] == ["edit_2"]
    assert (
        events_of(warehouse, "edit_2")
        == events_of(warehouse, "edit")
        == [('{"b":"of the second"}',)]
    )
    assert events_of(warehouse, "edit_2_7") == [('{"a":"of the other"}',)]


def test_times_are_utc_wherever_the_servers_are(warehouse: Warehouse) -> None:
    key = SchemaKey("Times", 1)
    warehouse.add(key, {"a": INTEGER})
    # There is no such time of the day in Los Angeles; and before the epoch.
    moments = ["2026-03-08T02:30:00Z", "2026-03-08T02:30:00.123456Z", "1969-12-31T23:59:59"]
    for number, moment in enumerate(moments):
        warehouse.put(key, [{"a": number}], dt=moment, first=number)
    warehouse.run()
    for source in ("times", "times_1"):
        # When Kafka got the line, as the file has it.
        received = events_of(warehouse, source, "DISTINCT CAST(received AS STRING)")
        assert received == [("2026-03-08 02:30:00",)]
    rows = events_of(warehouse, "times", "event.a, CAST(event_time AS STRING)")
    assert dict(rows) == {
        0: "2026-03-08 02:30:00",
        1: "2026-03-08 02:30:00.123456",
        2: "1969-12-31 23:59:59",
    }
