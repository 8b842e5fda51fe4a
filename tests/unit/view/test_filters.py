"""The filter's grammar, and that it names its own errors."""

from __future__ import annotations

import gc
import json
import weakref
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import Record
from elfaust.view.filters import Filter, FilterError, parse
from elfaust.view.seen import FAILED, VALID, Seen, seen


def event(**capsule: object) -> Seen:
    value = {"schema": "Edit", "revision": 7, "wiki": "enwiki", "event": {"a": "Some Text"}}
    record = Record("eventlogging_Edit_7", 0, 0, 0, json.dumps(value | capsule).encode())
    return seen(record, "errors")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("schema:Edit", True),
        ("SCHEMA:edit revision:7", True),
        ("schema:Edi", False),
        ("-schema:Search wiki:enwiki", True),
        ("-schema:Edit", False),
        ('"some text"', True),
        ('-"some text"', False),
        ("some wiki:dewiki", False),
        ('schema:"Edit"', True),
        (r'"no \"such\" text"', False),
    ],
)
def test_all_terms_must_fit(text: str, fits: bool) -> None:
    assert parse(text).fits(event()) is fits


def test_the_status_is_asked_for_too() -> None:
    assert parse("", VALID).fits(event())
    assert not parse("schema:Edit", FAILED).fits(event())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shcema:Edit", "character 1: there is no field 'shcema'; did you mean schema"),
        ("schema:Edit  http://x", 'a text with a colon stands in quotes: "http://x"'),
        ('schema:Edit "open', "character 13: a quote is not closed"),
        ('x "a"b', "character 3: a space is missing"),
        ("schema:", "character 1: a value is missing behind schema:"),
        ("revision:new", "character 1: a revision is a whole number, not 'new'"),
        ("x " * 21, "at most 20 terms"),
        ("x" * 501, "at most 500 characters"),
    ],
)
def test_what_is_no_filter_is_told_where_and_why(text: str, says: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert says in str(raised.value)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_has_a_reason(text: str) -> None:
    with suppress(FilterError):
        assert isinstance(parse(text), Filter)


@given(st.text(min_size=1, max_size=20))
def test_a_quoted_text_is_found(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    (term,) = parse(f'"{quoted}"').terms
    assert term.value == text.casefold()


def test_what_is_forgotten_holds_no_memory() -> None:
    one = event()
    assert parse("some").fits(one)
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
