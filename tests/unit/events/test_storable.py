"""What no store can hold of an event is refused with its path."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.events.storable import EventLimits, Limit, Storable, check_of, unstorable
from elfaust.json_text import encode
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores

KEY = SchemaKey("Any", 1)
STORES = enabled_stores(Settings()).values()
DEMANDED = {"a": {"type": "integer", "required": True}}


def refused(schema: dict[str, Any], event: dict[str, Any], year: str = "2018") -> str:
    try:
        check_of(Schema(KEY, schema, DIALECTS[year]), STORES)(event, 10_000, False)
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
    check = check_of(Schema(KEY, {"properties": {"a": {"type": "string"}, "b": {}}}), STORES)
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


def test_a_check_is_made_once_for_a_schema_and_again_for_another_of_its_name() -> None:
    storable = Storable(STORES)
    one, other = Schema(KEY, {"properties": {}}), Schema(KEY, {"properties": {"a": {}}})
    first = storable.of(one)
    assert storable.of(one) is first
    assert storable.of(other) is not first


class Even:
    """A store that holds no odd numbers, of places that demand one each."""

    def __init__(self, *paths: tuple[str, ...], longer_than: float = 0) -> None:
        self.paths = paths
        self.longer_than = longer_than

    def limits(self, schema: Schema) -> EventLimits:
        return {path: Limit(self.faults, self.longer_than) for path in self.paths}

    def faults(self, value: Any, at: str) -> Iterator[EventFault]:
        if value is None or value % 2:
            yield unstorable(value, at, "is odd", "an even number")


AB = ("event", "a", "b")
NESTED = {"properties": {"a": {"properties": {"b": {"type": "integer"}}}, "c": {}}}


@pytest.mark.parametrize(
    ("event", "paths"),
    [
        ({"a": {"b": 2}}, []),
        ({"a": {"b": 3}}, ["$.event.a.b"]),
        ({"a": {"b": None}}, ["$.event.a.b"]),
        ({"a": None}, ["$.event.a.b"]),
        ({"a": 5, "c": 2**64}, ["$.event.a.b", "$.event.c"]),
        ({"c": 1}, []),
    ],
)
def test_a_store_is_asked_of_each_place_that_it_limits(
    event: dict[str, Any], paths: list[str]
) -> None:
    for stores in ([Even(AB)], [Even(), Even(AB)], [Even(AB), Even(AB)]):
        check = check_of(Schema(KEY, NESTED), stores)
        assert [fault.path for fault in check.faults(event)] == paths


def test_an_event_is_walked_over_only_where_it_may_pass_a_limit() -> None:
    asked: list[object] = []

    def walked(event: dict[str, Any], size: int, calm: bool, *stores: Even) -> bool:
        asked.clear()
        for store in stores:
            store.faults = lambda value, _: iter(asked.append(value) or ())  # type: ignore[assignment, method-assign, func-returns-value]
        check_of(Schema(KEY, {"properties": {"c": {}}}), stores)(event, size, calm)
        return bool(asked)

    path = ("event", "c")
    assert walked({"c": 2}, 7, True, Even(path))
    assert not walked({"c": 2}, 7, True, Even(path, longer_than=9))
    assert walked({"c": 2}, 7, False, Even(path, longer_than=9))
    assert not walked({"d": 2}, 7, True, Even(path))
    assert not walked({"c": "x"}, 99, True, Even(path, longer_than=9))
    assert walked({"c": "xxx"}, 99, True, Even(path, longer_than=9))
    assert walked({"c": ["x"]}, 99, True, Even(path, longer_than=9))
    assert not walked({"c": ["x" * 99]}, 199, True, Even(path, longer_than=math.inf))
    assert walked({"c": ["x" * 9]}, 199, True, Even(path, longer_than=math.inf), Even(path))


def test_a_limit_further_inside_is_looked_at_however_short_an_event_is() -> None:
    inside = {"type": "object", "properties": {"d": {"type": "integer"}}}
    check = check_of(Schema(KEY, {"properties": {"c": inside}}), [Even(("event", "c", "d"))])
    check({"c": {"d": 2}}, 7, True)
    with pytest.raises(EventFault) as refused:
        check({"c": {"d": 3}}, 7, True)
    assert refused.value.path == "$.event.c.d"


def test_a_schema_of_which_a_store_can_have_no_events_refuses_each() -> None:
    class Full:
        def limits(self, schema: Schema) -> EventLimits:
            raise SchemaUnfit(schema.key, "the disk is full")

    check = check_of(Schema(KEY, NESTED), [Even(AB), Full()])
    with pytest.raises(EventFault, match="the disk is full"):
        check({}, 2, True)
    assert [fault.code for fault in check.faults({"a": 1})] == ["consumer"]
