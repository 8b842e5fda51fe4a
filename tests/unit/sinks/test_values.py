"""What an event says, and whether a text says the same: held against JSON's own writers."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from elfaust.sinks.values import (
    ABSENT,
    EPOCH,
    STRANGE,
    default_of,
    digits,
    event_of,
    exact_int,
    is_text_of,
    moment_of,
    parsed_moment,
    same_json,
    since_epoch,
)

#: Few, so that two that are drawn are often the same, or next to each other.
SCALARS = st.sampled_from(
    [
        *(None, True, False, 0, 1, 0.0, 1.0, "", "1", "a", "a "),
        *(2**53, 2**53 + 1, 2.0**53, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 2**64 + 1, 2.0**64),
    ]
)
#: Without -0.0, which is written otherwise than 0.0 and is the same.
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0)
ANY = SCALARS | st.integers() | st.text(max_size=5) | FLOATS


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "b", ""]), inner, max_size=2)
        ),
        max_leaves=5,
    )


FEW, JSON = nested(SCALARS), nested(ANY)


def written(value: Any) -> str:
    """Return a value as text in which 5, 5.0 and true are three, whatever the order of keys."""
    return json.dumps(value, sort_keys=True)


def rounded(value: Any) -> Any:
    """Return a value as orjson reads it: past 64 bits an integer is the nearest float."""
    if isinstance(value, dict):
        return {key: rounded(of) for key, of in value.items()}
    if isinstance(value, list):
        return [rounded(of) for of in value]
    past = type(value) is int and not -(2**63) <= value < 2**64
    return float(value) if past else value


@given(FEW, FEW)
def test_the_same_is_what_is_written_the_same(one: Any, other: Any) -> None:
    assert same_json(one, other) is (written(one) == written(other))


@given(JSON)
def test_every_value_is_itself_however_its_keys_stand(value: Any) -> None:
    assert same_json(value, json.loads(written(value)))


@given(JSON)
def test_the_nearest_float_stands_for_an_integer_past_64_bits_and_for_no_other(value: Any) -> None:
    assert same_json(value, rounded(value), nearest=True)
    assert same_json(value, rounded(value)) is (written(value) == written(rounded(value)))


@given(FEW, FEW)
@example(2**64 + 1, math.nextafter(2.0**64, math.inf))
@example([2**64], [math.nextafter(2.0**64, 0)])
def test_nothing_but_the_nearest_float_does(one: Any, other: Any) -> None:
    assert same_json(one, other, nearest=True) is (written(rounded(one)) == written(other))


@given(FEW, FEW)
def test_a_text_of_another_value_is_none_of_this_one(value: Any, other: Any) -> None:
    stored = json.dumps(other)
    if isinstance(value, str) or value is None:
        assert is_text_of(value, stored) is (value == stored)
        assert is_text_of(value, value)
    else:
        assert is_text_of(value, stored) is same_json(value, other)
    assert is_text_of(value, None) is (value is None)


@given(JSON)
def test_what_orjson_writes_is_the_value_s_text(value: Any) -> None:
    if not isinstance(value, str) and value is not None:
        assert is_text_of(value, orjson.dumps(rounded(value)).decode(), nearest=True)


@given(JSON, st.data())
def test_half_a_text_is_none(value: Any, data: st.DataObject) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    half = text[: data.draw(st.integers(0, max(0, len(text) - 1)))]
    if half == text:
        return
    try:
        assert not is_text_of(value, half)
    except STRANGE:
        assert not isinstance(value, str)


@pytest.mark.parametrize("stored", [b"[1]", 1, [1], None])
def test_what_is_no_text_holds_none(stored: Any) -> None:
    assert not is_text_of([1], stored)


MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, OFFSETS)
def test_a_dt_is_a_moment_wherever_it_was_written(moment: datetime, offset: timezone) -> None:
    utc = moment.replace(tzinfo=UTC)
    for text in (moment.isoformat(), f"{moment.isoformat()}Z", utc.astimezone(offset).isoformat()):
        assert moment_of({"dt": text, "timestamp": 5}) == utc
        assert moment_of({"dt": text}).utcoffset() == timedelta(0)


@given(st.integers(0, 10**12), st.sampled_from([{}, {"dt": None}, {"dt": ""}]))
def test_without_a_dt_it_is_the_timestamp_s(number: int, given: dict[str, Any]) -> None:
    seconds, milliseconds = number % 253_402_300_800, 10**12 + 1 + number
    assert moment_of({**given, "timestamp": seconds}) == EPOCH + timedelta(seconds=seconds)
    wanted = EPOCH + timedelta(milliseconds=milliseconds)
    assert moment_of({**given, "timestamp": milliseconds}) == wanted


def test_where_milliseconds_begin() -> None:
    assert since_epoch(10**12 + 1) == datetime(2001, 9, 9, 1, 46, 40, 1000, tzinfo=UTC)
    with pytest.raises(OverflowError):
        since_epoch(10**12)


@pytest.mark.parametrize(
    "capsule",
    [
        {},
        {"dt": "yesterday"},
        {"dt": "2020-02-30T00:00:00Z"},
        {"dt": "2020-09-13T23:59:60Z"},
        {"dt": "0001-01-01T00:00:00+14:00"},
        {"dt": 5},
        {"dt": [1]},
        {"timestamp": "5"},
        {"timestamp": None},
        {"timestamp": 1e300},
        {"timestamp": float("inf")},
    ],
)
def test_what_says_no_time_is_strange(capsule: dict[str, Any]) -> None:
    with pytest.raises(STRANGE):
        moment_of(capsule)


@given(MOMENTS)
def test_digits_are_those_of_the_moment(moment: datetime) -> None:
    shown = digits(moment)
    assert len(shown) == 14
    whole_second = moment.replace(microsecond=0, tzinfo=UTC)
    text = f"{shown[:4]}-{shown[4:6]}-{shown[6:8]}T{shown[8:10]}:{shown[10:12]}:{shown[12:]}"
    assert parsed_moment(text) == whole_second


#: By type, what a default of it is.
KINDS: dict[str, Any] = {
    "array": lambda of: isinstance(of, list),
    "boolean": lambda of: isinstance(of, bool),
    "integer": lambda of: type(of) is int,
    "number": lambda of: type(of) in (int, float),
    "string": lambda of: isinstance(of, str),
}


@given(FEW, st.sampled_from(sorted(KINDS)), st.booleans())
def test_a_default_counts_where_it_is_of_its_type(default: Any, kind: str, or_null: bool) -> None:
    schema = {"type": [kind, "null"] if or_null else kind, "default": json.loads(written(default))}
    counts = default is not None and KINDS[kind](default)
    if kind == "array":
        counts = counts and written(schema["default"]) == written(exact(default))
    found = default_of(schema)
    if counts:
        assert same_json(found, default)
    else:
        assert found is ABSENT


def exact(value: Any) -> Any:
    """Return a value without what orjson may have made of an integer past 64 bits."""
    if isinstance(value, dict):
        return {key: exact(of) for key, of in value.items()}
    if isinstance(value, list):
        return [exact(of) for of in value]
    return "inexact" if isinstance(value, float) and abs(value) >= 2**63 else value


@given(FEW, st.sampled_from([None, ["string", "integer"], "object", "any", 7, []]))
def test_a_place_of_any_type_has_any_default_that_is_exact(default: Any, kind: Any) -> None:
    found = default_of({"type": kind, "default": default})
    if default is None or written(exact(default)) != written(default):
        assert found is ABSENT
    else:
        assert same_json(found, default)


@pytest.mark.parametrize(
    "schema",
    [
        *(None, True, [], {}),
        {"default": {"a": 1}, "properties": {"a": {}}},
        {"type": "number", "default": "1"},
        {"type": "integer", "default": True},
        {"default": [{"a": 2.0**63}]},
    ],
)
def test_there_is_no_default(schema: Any) -> None:
    assert default_of(schema) is ABSENT


def test_a_default_of_an_object_that_names_no_property_is_its_own() -> None:
    assert default_of({"default": {"a": 1}, "properties": {}}) == {"a": 1}
    assert default_of({"type": "number", "default": 2.0**64}) == 2.0**64


@given(JSON)
@example(-(2**63) - 1)
@example([2**64 + 1])
def test_an_event_s_values_are_exact(value: Any) -> None:
    capsule = {"uuid": "u", "event": {"value": value}}
    found = event_of(json.dumps(capsule).encode())
    assert found is not None
    assert same_json(found, capsule)


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"no JSON", b"[1]", b"null", b"{}", b'{"uuid":null}', b'{"uuid":7}', b'{"uuid":""}'),
        *(b'{"uuid":"u"', b'{"uuid":"u","a":NaN}', b"[" * 100_000),
        b'{"uuid":"u","n":%s}' % (b"1" * 5_000),
    ],
)
def test_what_has_no_uuid_is_no_event(value: bytes) -> None:
    assert event_of(value) is None


@pytest.mark.parametrize("value", [5, 5.0, -(2**63), 2**64 + 1, 0])
def test_a_number_that_is_whole(value: Any) -> None:
    assert exact_int(value) == int(value)
    assert type(exact_int(value)) is int


@pytest.mark.parametrize("value", [5.5, True, "5", None, float("inf"), float("nan")])
def test_what_is_no_integer(value: Any) -> None:
    with pytest.raises(STRANGE):
        exact_int(value)
