"""What no store can hold of an event is refused with its path; test_shape.py has each kind."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from elfaust.errors import EventFault
from elfaust.events.storable import Storable, check_of, limit_of
from elfaust.json_text import encode
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings

KEY = SchemaKey("Any", 1)
DEMANDED = {"a": {"type": "integer", "required": True}}


def refused(schema: dict[str, Any], event: dict[str, Any], year: str = "2018") -> str:
    try:
        check_of(Schema(KEY, schema, DIALECTS[year]), Settings())(event, 10_000, False)
    except EventFault as fault:
        return fault.path
    return ""


@pytest.mark.parametrize(
    ("part", "value", "path"),
    [
        ({"properties": DEMANDED}, {"a": 1}, ""),
        ({"properties": DEMANDED}, None, "$.event['p q'].a"),
        ({"properties": DEMANDED}, "text", "$.event['p q'].a"),
        ({"properties": {"b": {"properties": DEMANDED, "required": True}}}, [], ".b.a"),
        ({"properties": {"b": {"properties": DEMANDED}}}, None, ""),
        ({"type": "any"}, None, "$.event['p q']"),
    ],
)
def test_a_column_that_takes_no_null_is_demanded_wherever_it_stands(
    part: dict[str, Any], value: Any, path: str
) -> None:
    schema = {"properties": {"p q": {**part, "required": True}}}
    found = refused(schema, {"p q": value}, "2015")
    assert found.endswith(path)
    assert bool(found) == bool(path)
    assert refused(schema, {"p q": value}, "2018") == ""


def test_paths_are_spelt_as_those_of_verdicts() -> None:
    event = {"d": {"": {"x y": [2**64]}}}
    assert refused({"properties": {"d": {}}}, event) == "$.event.d['']['x y'][0]"
    open_to_all = {"properties": {"d": {}}, "additionalProperties": True}
    assert refused(open_to_all, {"x y": 2**64}) == "$.event['x y']"


@pytest.mark.parametrize("value", [[2**64], {"a": 10**400}, 10**400, -(10**400), 1e308, "1" * 15])
def test_a_timestamp_of_what_is_no_time_is_refused_at_its_own_place(value: object) -> None:
    assert refused({"properties": {"timestamp": {}}}, {"timestamp": value}) == "$.event.timestamp"


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"a": "x" * 1024, "b": 1}, ""),
        ({"a": "\u00e9" * 1025}, "$.event.a"),
        ({"b": ["x" * 800] * 2}, "$.event.b"),
        ({"b": {"c": ["x"] * 300}}, "$.event.b"),
        ({"b": "x" * 1025, "a": "y"}, "$.event.b"),
    ],
)
def test_lengths_of_what_is_calm_are_looked_at_where_an_event_is_long(
    event: dict[str, Any], path: str
) -> None:
    check = check_of(Schema(KEY, {"properties": {"a": {"type": "string"}, "b": {}}}), Settings())
    size = len(json.dumps(event, ensure_ascii=False).encode())
    if path:
        with pytest.raises(EventFault) as refused:
            check(event, size, True)
        assert refused.value.path == path
    else:
        check(event, size, True)


NUMBERS = {"type": "array", "items": {"type": "number"}}


@pytest.mark.parametrize(
    ("items", "values", "year", "fits"),
    [
        (NUMBERS["items"], [2**64] * 44, "2018", True),
        (NUMBERS["items"], [2**64] * 46, "2018", False),
        (NUMBERS["items"], [10**300] * 100, "2018", True),
        (NUMBERS["items"], [2**64] * 9, "2015", False),
        (NUMBERS, [[-(2**64)] * 44], "2018", False),
    ],
)
def test_an_array_is_as_long_as_its_column_has_it(
    items: Any, values: list[Any], year: str, fits: bool
) -> None:
    schema = {"properties": {"l": {"type": "array", "items": items}}}
    assert refused(schema, {"l": values}, year) == ("" if fits else "$.event.l")
    row = orjson.dumps(orjson.loads(encode(values)))
    assert (len(row) <= (191 if year == "2015" else 1024)) is fits


@pytest.mark.parametrize(
    ("sql_type", "limit"), [("VARCHAR(191)", 191), ("TEXT", 65_535), ("BIGINT", 0), ("FLOAT", 0)]
)
def test_only_texts_have_a_limit(sql_type: str, limit: int) -> None:
    assert limit_of(sql_type) == limit


def test_a_check_is_made_once_for_a_schema_and_anew_for_another_of_its_name() -> None:
    storable = Storable(Settings())
    one, other = Schema(KEY, {"properties": {}}), Schema(KEY, {"properties": {"a": {}}})
    first = storable.of(one)
    assert storable.of(one) is first
    assert storable.of(other) is not first
