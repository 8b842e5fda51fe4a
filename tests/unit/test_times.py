"""Times of capsules, in the forms in which they come and are stored."""

from __future__ import annotations

import pytest

from elfaust.times import fourteen_digits, in_utc, is_time, iso8601, unix_seconds


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        ("2013-01-21T18:10:34Z", "2013-01-21T18:10:34Z"),
        ("2013-01-21T18:10:34", "2013-01-21T18:10:34Z"),
        ("2013-01-21T18:10:34.999Z", "2013-01-21T18:10:34Z"),
        ("2013-01-21T18:10:34-05:00", "2013-01-21T23:10:34Z"),
        ("0999-01-21T18:10:34+00:00", "0999-01-21T18:10:34Z"),
    ],
)
def test_times_in_utc(moment: str, utc: str) -> None:
    assert in_utc(moment) == utc


@pytest.mark.parametrize(
    "text", ["2016-12-31T23:59:60Z", "2013-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "infinity"]
)
def test_what_no_calendar_has_is_no_time_in_utc(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        in_utc(text)


@pytest.mark.parametrize("text", ["2013-01-21T18:10:34", "2013-01-21T18:10:34Z"])
def test_seconds_of_a_time_in_utc(text: str) -> None:
    assert unix_seconds(text) == 1358791834


@pytest.mark.parametrize("timestamp", [1600000034, 1600000034000, 1600000034.5])
def test_seconds_and_milliseconds_are_told_apart(timestamp: float) -> None:
    assert iso8601(timestamp) == "2020-09-13T12:27:14Z"


@pytest.mark.parametrize("timestamp", [10**30, -(10**30), "soon"])
def test_what_is_no_time_is_refused(timestamp: float) -> None:
    with pytest.raises((ValueError, TypeError)):
        iso8601(timestamp)


@pytest.mark.parametrize(
    ("timestamp", "digits"),
    [
        (1600000034, "20200913122714"),
        (1600000034000, "20200913122714"),
        (-62135596800, "00010101000000"),
    ],
)
def test_mediawiki_s_digits(timestamp: float, digits: str) -> None:
    assert fourteen_digits(timestamp) == digits


def test_a_time_of_no_calendar_has_no_digits() -> None:
    with pytest.raises(ValueError, match="no time"):
        fourteen_digits(10**30)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2013-01-21T18:10:34", True),
        ("9999-12-31T23:59:59-01:00", False),
        ("2013-02-30T00:00:00Z", False),
        ("soon", False),
    ],
)
def test_what_is_a_time(text: str, is_one: bool) -> None:
    assert is_time(text) is is_one
