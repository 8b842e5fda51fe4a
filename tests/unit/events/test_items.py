"""What stands in a file: JSON over lines, arrays, raw lines, and what is neither."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.events.items import items_of

EVENT = {"schema": "Word", "revision": 1, "event": {"word": "a b"}}
QUERY = f"?{quote(json.dumps(EVENT))};"
EVENTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5)),
    max_size=3,
)


@settings(max_examples=30)
@pytest.mark.parametrize("indent", [None, 2])
@given(events=EVENTS, between=st.sampled_from(["", " ", "\n", ",\n", "\r\n\r\n"]))
def test_events_come_back_however_they_are_written(
    indent: int | None, events: list[dict[str, Any]], between: str
) -> None:
    texts = [json.dumps(event, indent=indent) for event in events]
    assert [item.event for item in items_of(between.join(texts))] == events
    array = json.dumps(events, indent=indent)
    assert [item.event for item in items_of(array)] == events
    assert all(json.loads(item.text) == item.event for item in items_of(array))


def test_each_has_the_line_in_which_it_begins() -> None:
    text = '\n{"a":\n1}\n?raw;\tline\r\n12 EventLogging {"b": 1}\n[{"c": 1},\n\n{"d": 1}]'
    assert [(item.line, item.text) for item in items_of(text)] == [
        (2, '{"a":\n1}'),
        (4, "?raw;\tline"),
        (5, '12 EventLogging {"b": 1}'),
        (6, '{"c": 1}'),
        (8, '{"d": 1}'),
    ]


def test_it_goes_on_after_what_cannot_be_read() -> None:
    items = list(items_of('{"a": oops}\n{"b": 1}\n[1, {"c": 1}]\n' + "[" * 100_000))
    assert [item.event for item in items] == [None, {"b": 1}, None, {"c": 1}, None]
    assert items[0].fault == 'no value of JSON stands at character 7: "oops}"'
    assert items[2].fault == "the event is a number, not an object"
    assert items[4].fault == "nested deeper than 40 levels"


def test_a_fault_in_json_of_several_lines_is_told_by_its_line() -> None:
    broken = '{\n  "a": {\n    "b": 1\n    "c": 2\n  }\n}\n{"d": 1,\n?raw;\tline\n{"e": '
    first, cut, raw, last = items_of(broken)
    missing = 'a comma or a closing bracket is missing at character 5 of its line 4: "\\"c\\": 2"'
    assert (first.line, first.fault) == (1, missing)
    assert (cut.line, cut.text, raw.line, raw.text) == (7, '{"d": 1,', 8, "?raw;\tline")
    assert not raw.is_json
    assert (last.line, last.fault) == (9, "the JSON ends too soon, after character 5")


@pytest.mark.parametrize(
    "text",
    [
        f"https://en.wikipedia.org/beacon/event{QUERY}",
        f"/event.gif{QUERY}",
        f"  GET /beacon/event{QUERY} HTTP/1.1\n",
    ],
)
def test_a_beacon_is_the_event_that_it_carries(text: str) -> None:
    (item,) = items_of(text)
    assert (item.event, json.loads(item.text)) == (EVENT, EVENT)


def test_a_query_alone_is_a_raw_line_that_was_cut_unless_it_is_wanted() -> None:
    (cut,), (event,) = items_of(QUERY), items_of(QUERY, queries=True)
    assert (cut.is_json, cut.text, event.event) == (False, QUERY, EVENT)
    assert [item.is_json for item in items_of(f"{QUERY}\thost\t1\t-", queries=True)] == [False]
    (broken,) = items_of("/beacon/event?%7B%22a%22%3A;")
    assert (broken.text, broken.fault) == ('{"a":', "the JSON ends too soon, after character 5")


def test_what_is_not_utf8_is_no_event_but_may_be_a_raw_line() -> None:
    text = b'{"a": "\xff"}\n?\xff;'.decode("utf-8", "surrogateescape")
    event, line = items_of(text)
    assert event.fault == "it is not UTF-8: byte 0xff is part of no character"
    assert line.text.encode("utf-8", "surrogateescape") == b"?\xff;"


@settings(max_examples=50)
@given(st.text() | st.text('{}[]:,"\n ?a1\\'), st.booleans())
def test_any_text_ends(text: str, queries: bool) -> None:
    assert all(item.text or item.fault for item in items_of(text, queries))


def test_an_event_that_nobody_can_store_is_no_reason_to_read_no_other() -> None:
    long, deep = f'{{"a": {"9" * 5_000}}}', f'{{"a": {"[" * 2_000}"]"{"]" * 2_000}}}'
    for between, begin, end in (("\n", "", ""), (",", "[", "]"), (",\n", "[", "\n]")):
        text = begin + between.join(['{"b": 1}', long, deep, '{"c": 2}']) + end
        items = list(items_of(text))
        assert [item.text for item in items] == ['{"b": 1}', long, deep, '{"c": 2}']
        assert [item.fault for item in items] == ["", "", "nested deeper than 40 levels", ""]
    (beacon,) = items_of(f"/beacon/event?{quote(long)};")
    assert (beacon.text, beacon.fault) == (long, "")
