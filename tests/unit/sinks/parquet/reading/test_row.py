"""A row of a file holds its event's values exactly, or the audit says which it does not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from elfaust.events.capsule import parse_user_agent
from elfaust.records import SchemaKey
from elfaust.sinks.parquet.reading.row import FileRowComparison, is_kept_in_part
from elfaust.sinks.parquet.types import event_shape

EVENT: dict[str, Any] = {
    "properties": {
        "flag": {"type": "boolean"},
        "count": {"type": "integer", "default": 3},
        "share": {"type": "number"},
        "na-me": {"type": "string"},
        "open": {"type": "array"},
        "any": {},
        "inner": {"type": "object", "properties": {"a": {"type": "string"}}},
        "list": {
            "type": "array",
            "items": {"type": "object", "properties": {"a": {"type": "integer"}}},
        },
    }
}
READING = FileRowComparison(event_shape(SchemaKey("Test", 1), EVENT).type, EVENT)
CAPSULE = {"uuid": "u", "dt": "2020-09-13T12:26:40Z", "event": {}}
NOTHING = {
    "flag": None,
    "count": 3,
    "share": None,
    "na_me": None,
    "open": None,
    "any": None,
    "inner": None,
    "list": None,
}
ROW = {"uuid": "u", "dt": "2020-09-13T12:26:40Z", "useragent": None, "event": NOTHING}


def named(event: Any, held: dict[str, Any], **more: Any) -> list[str]:
    row = {**ROW, "event": {**NOTHING, **held}, **more}
    found = READING.differences({**CAPSULE, "event": event}, row)
    return [text.partition(":")[0] for text in found]


@pytest.mark.parametrize(
    ("event", "held"),
    [
        ({}, {}),
        ({"count": None}, {"count": None}),
        ({"count": 5.0}, {"count": 5}),
        ({"share": 2**64 + 1}, {"share": 2.0**64}),
        ({"share": 0.1}, {"share": 0.1}),
        ({"flag": False}, {"flag": False}),
        ({"na-me": "x"}, {"na_me": "x"}),
        ({"open": [1, 2**64 + 1]}, {"open": f"[1,{2**64 + 1}]"}),
        ({"any": "[1"}, {"any": "[1"}),
        ({"inner": {}}, {"inner": {"a": None}}),
        ({"inner": {"a": "b"}}, {"inner": {"a": "b"}}),
        ({"list": []}, {"list": []}),
        ({"list": [{"a": 1}, {}, None]}, {"list": [{"a": 1}, {"a": None}, None]}),
    ],
)
def test_a_row_that_holds_its_event_differs_in_nothing(event: Any, held: dict[str, Any]) -> None:
    assert named(event, held) == []


@pytest.mark.parametrize(
    ("event", "held", "differs"),
    [
        ({"count": None}, {"count": 3}, ["event.count"]),
        ({"count": 2**53 + 1}, {"count": 2**53}, ["event.count"]),
        ({"share": 1e300}, {"share": float("inf")}, ["event.share"]),
        ({"share": 0.1}, {"share": 0.10000000000000002}, ["event.share"]),
        ({"flag": False}, {"flag": None}, ["event.flag"]),
        ({"na-me": "x"}, {"na_me": ""}, ["event.na-me"]),
        ({"open": [2**64 + 1]}, {"open": "[1.8446744073709552e19]"}, ["event.open"]),
        ({"open": [1]}, {"open": "[1"}, ["event.open"]),
        ({"inner": {"a": "b"}}, {"inner": {"a": None}}, ["event.inner"]),
        ({"inner": {}}, {"inner": None}, ["event.inner"]),
        ({"inner": None}, {"inner": {"a": None}}, ["event.inner"]),
        ({"list": [{"a": 1}]}, {"list": [{"a": 2}]}, ["event.list"]),
        ({"list": [{"a": 1}]}, {"list": []}, ["event.list"]),
        ([], {}, ["event"]),
    ],
)
def test_a_row_that_does_not_says_where(
    event: Any, held: dict[str, Any], differs: list[str]
) -> None:
    assert named(event, held) == differs


UNNAMED = {"b": 1, "inner": {"x": [2]}, "list": [{}, {"y": None}]}
HELD = {"inner": {"a": None}, "list": [{"a": None}, {"a": None}]}


def test_what_no_property_names_is_compared_where_it_stood() -> None:
    text = '{"b":1,"inner":{"x":[2]},"list":{"1":{"y":null}}}'
    assert named(UNNAMED, HELD, event_unnamed=text) == []
    assert named(UNNAMED, HELD, event_unnamed=text.replace("null", "0")) == ["event_unnamed"]
    assert named({}, {}, event_unnamed="{}") == ["event_unnamed"]


def test_what_no_property_names_and_no_column_holds_differs() -> None:
    assert named(UNNAMED, HELD) == ["event_unnamed"]


@pytest.mark.parametrize(
    ("stored", "differs"),
    [
        ("2020-09-13T12:26:40Z", []),
        ("2020-09-13T12:26:40", []),
        ("2020-09-13T12:26:40.1Z", ["dt"]),
        ("yesterday", ["dt"]),
        (None, ["dt"]),
    ],
)
def test_a_moment_is_compared_as_one(stored: str | None, differs: list[str]) -> None:
    assert named({}, {}, dt=stored) == differs


@pytest.mark.parametrize(
    ("sent", "stored", "differs"),
    [
        ("2020-09-13T12:26:40Z", "2020-09-13T12:26:40.000000001Z", 1),
        ("2020-09-13T12:26:40.123456789", "2020-09-13T12:26:40.123456789", 0),
        ("2020-09-13T12:26:40.123456789Z", "2020-09-13T12:26:40.123456788Z", 1),
        ("2020-09-13T12:26:40.123456789Z", "2020-09-13T12:26:40.123456Z", 1),
        ("2020-09-13T12:26:40.5Z", "2020-09-13T12:26:40.500Z", 0),
        ("2020-09-13T14:26:40.1234567+02:00", "2020-09-13T12:26:40.123456Z", 0),
        ("2020-09-13T14:26:40.1234567+02:00", "2020-09-13T12:26:40.123457Z", 1),
    ],
)
def test_all_digits_of_a_moment_count(sent: str, stored: str, differs: int) -> None:
    found = READING.differences({**CAPSULE, "dt": sent}, {**ROW, "dt": stored})
    assert len(list(found)) == differs


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:90.0) Gecko/20100101 Firefox/90.0"
AGENT = {"browser_family": "F", "is_bot": True, "is_mediawiki": None}


@pytest.mark.parametrize(
    ("sent", "stored", "differs"),
    [
        ({"browser_family": "F", "is_bot": True, "own": 1}, AGENT, []),
        ({"browser_family": ["F"], "is_bot": 1}, {"browser_family": '["F"]', "is_bot": None}, []),
        ({"os_major": 2**70}, {"os_major": "1.1805916207174113e+21"}, []),
        ({"os_major": 2**70}, {"os_major": "1.18e+21"}, ["useragent"]),
        (FIREFOX, parse_user_agent(FIREFOX), []),
        ("f" * 900, parse_user_agent(""), []),
        (FIREFOX, None, ["useragent"]),
        (FIREFOX, {**parse_user_agent(FIREFOX), "os_family": None}, ["useragent"]),
        (5, None, []),
        ("text", AGENT, ["useragent"]),
        ({"browser_family": "G", "is_bot": True}, AGENT, ["useragent"]),
        ({"browser_family": "F", "is_bot": False}, AGENT, ["useragent"]),
        ({"browser_family": "F"}, None, ["useragent"]),
    ],
)
def test_of_a_user_agent_the_keys_of_its_column_are_compared(
    sent: Any, stored: Any, differs: list[str]
) -> None:
    row = {**ROW, "useragent": stored}
    found = READING.differences({**CAPSULE, "userAgent": sent}, row)
    assert [text.partition(":")[0] for text in found] == differs


@pytest.mark.parametrize(
    ("sent", "is_it"),
    [
        (None, False),
        (FIREFOX, False),
        ({}, False),
        (AGENT, False),
        ({"browser_family": ["F"]}, False),
        (parse_user_agent(FIREFOX), False),
        ({"is_bot": "yes"}, True),
        ({"is_mediawiki": 0}, True),
        ({"foo": "x"}, True),
        (5, True),
        (False, True),
        ([], True),
    ],
)
def test_what_is_kept_of_a_user_agent_in_part(sent: Any, is_it: bool) -> None:
    assert is_kept_in_part(sent) is is_it


def test_a_file_without_the_column_differs() -> None:
    row = {name: value for name, value in ROW.items() if name != "event"}
    [found] = READING.differences(CAPSULE, row)
    assert found.startswith("event: topic {}, Parquet None")


def test_an_event_of_no_properties_is_json_text() -> None:
    reading = FileRowComparison(pa.string(), {"additionalProperties": True})
    capsule = {**CAPSULE, "event": {"a": [1]}}
    assert list(reading.differences(capsule, {**ROW, "event": '{"a":[1]}'})) == []
    assert len(list(reading.differences(capsule, {**ROW, "event": "{}"}))) == 1


def test_a_timestamp_with_a_fraction_is_cut_to_its_second() -> None:
    capsule = {"uuid": "u", "timestamp": 1_600_000_000.5, "event": {}}
    for stored, differs in (("2020-09-13T12:26:40Z", 0), ("2020-09-13T12:26:40.500Z", 1)):
        assert len([*READING.differences(capsule, {**ROW, "dt": stored})]) == differs
