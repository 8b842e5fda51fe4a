"""What a capsule may hold: each bound with its path, and whatever passes is a time and a number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.events.bounds import check_bounds
from elfaust.schema.dialect import DIALECTS
from elfaust.times import in_utc, iso8601

NOW, OF_2015 = DIALECTS["2018"], DIALECTS["2015"]
GOOD = {"dt": "2020-09-13T12:26:40Z", "seqId": 1, "recvFrom": "h", "wiki": "enwiki", "event": {}}


def check(fields: dict[str, Any], size: int = 100_000) -> None:
    check_bounds({**GOOD, **fields}, size, NOW)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"dt": "0001-01-01T00:00:00+14:00"}, "$.dt"),
        ({"dt": "9999-12-31T23:59:59-14:00"}, "$.dt"),
        ({"dt": "2020-09-13T14:99:99Z"}, "$.dt"),
        ({"dt": "2020-09-13T23:59:60Z"}, "$.dt"),
        ({"dt": "2020-02-30T00:00:00Z"}, "$.dt"),
        ({"dt": "0" * 5_000}, "$.dt"),
        ({"dt": "", "timestamp": 10**400}, "$.timestamp"),
        ({"dt": "", "timestamp": -(10**11)}, "$.timestamp"),
        ({"timestamp": 10**400}, "$.timestamp"),
        ({"seqId": 10**400}, "$.seqId"),
        ({"seqId": 2**63}, "$.seqId"),
        ({"wiki": "w" * 1_025}, "$.wiki"),
        ({"recvFrom": "h" * 1_025}, "$.recvFrom"),
        ({"event": None}, "$.event"),
        ({"event": [{}]}, "$.event"),
        ({"event": "x" * 5_000}, "$.event"),
    ],
)
def test_what_no_store_can_hold_is_refused_with_its_path(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(EventFault) as refused:
        check(fields)
    assert (refused.value.code, refused.value.path) == ("consumer", path)
    assert refused.value.hint
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"dt": "2020-09-13T12:26:40.5+02:00"},
        {"dt": "", "timestamp": 1_600_000_000_000},
        {"seqId": 2**63 - 1},
        {"wiki": "w" * 1_024},
        {"userAgent": "a" * 5_000},
    ],
)
def test_what_every_store_can_hold_passes(fields: dict[str, Any]) -> None:
    check(fields)


def test_the_columns_of_2015_are_shorter() -> None:
    capsule = {"timestamp": 1_600_000_000, "seqId": 1, "wiki": "w" * 192, "event": {}}
    with pytest.raises(EventFault, match="more than 191"):
        check_bounds(capsule, 300, OF_2015)


@given(st.text(max_size=45) | st.datetimes(timezones=st.timezones()).map(str))
def test_a_time_that_passes_can_be_told_in_utc(moment: str) -> None:
    try:
        check({"dt": moment, "timestamp": 0})
    except EventFault:
        return
    in_utc(moment or iso8601(0))


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_timestamp_that_passes_can_be_told_in_utc(timestamp: float) -> None:
    try:
        check({"dt": "", "timestamp": timestamp})
    except EventFault:
        return
    in_utc(iso8601(timestamp))
