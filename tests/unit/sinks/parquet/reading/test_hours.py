"""Where an event belongs: as the sink has it, worked out by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.batch import END_OF_TIME
from elfaust.settings import Settings
from elfaust.sinks.parquet.hours import by_hour
from elfaust.sinks.parquet.reading.hours import LAST, Hours

NOW = 1_600_000_000_000
HOURS = Hours(Settings().hdfs)


@pytest.mark.parametrize(
    ("hour", "arrived", "wanted"),
    [
        ("2020-09-13T12", NOW, "2020-09-13T12"),
        ("2012-01-01T00", NOW, "2012-01-01T00"),
        ("2011-12-31T23", NOW, "2020-09-13T12"),
        ("2020-09-14T12", NOW, "2020-09-14T12"),
        ("2020-09-14T13", NOW, "2020-09-13T12"),
        ("2011-12-31T23", -1, "2012-01-01T00"),
        ("9999-12-31T23", -1, LAST),
        ("9999-12-31T23", END_OF_TIME - 1, LAST),
    ],
)
def test_a_clock_that_is_wrong_counts_for_nothing(hour: str, arrived: int, wanted: str) -> None:
    assert HOURS.of(hour, arrived) == wanted


@given(
    st.datetimes(min_value=datetime(1, 1, 1)),
    st.one_of(st.just(-1), st.integers(10**12, END_OF_TIME - 1)),
    st.integers(1, 9999),
    st.integers(1, 10**6),
)
def test_it_is_the_hour_that_the_sink_has(
    moment: datetime, arrived: int, first_year: int, ahead: int
) -> None:
    text = f"{moment.isoformat()[:19]}Z"
    [(hour, _)] = by_hour(pa.table({"dt": [text]}), [arrived], first_year, ahead)
    hdfs = replace(Settings().hdfs, first_year=first_year, ahead_hours=ahead)
    assert Hours(hdfs).of(text[:13], arrived) == hour


@given(st.integers(0, 10**6))
def test_an_hour_ends_with_its_last_millisecond(number: int) -> None:
    start = number * 3_600_000
    wanted = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=number)).isoformat()[:13]
    assert (
        HOURS.of("0001-01-01T00", start) == HOURS.of("0001-01-01T00", start + 3_599_999) == wanted
    )
