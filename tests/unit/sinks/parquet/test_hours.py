"""The hour that a row's file is of, whatever a client's clock says."""

from __future__ import annotations

import pyarrow as pa
import pytest

from elfaust.delivery.batch import END_OF_TIME
from elfaust.records import UNKNOWN_TIME
from elfaust.sinks.parquet.hours import by_hour
from tests.unit.sinks.parquet.fakes import ARRIVED


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("1970-01-01T00:00:00Z", "2020-09-13T12"),
        ("2011-12-31T23:59:59Z", "2020-09-13T12"),
        ("2012-01-01T00:00:00Z", "2012-01-01T00"),
        ("2020-09-13T11:26:40Z", "2020-09-13T11"),
        ("2020-09-13T13:26:40Z", "2020-09-13T13"),
        ("2020-09-14T12:59:59Z", "2020-09-14T12"),
        ("2020-09-14T13:00:00Z", "2020-09-13T12"),
        ("9999-12-31T23:59:59Z", "2020-09-13T12"),
    ],
)
def test_a_clock_that_is_wrong_makes_no_folder(moment: str, hour: str) -> None:
    table = pa.table({"dt": ["2020-09-13T12:00:00Z", moment]})
    made = by_hour(table, [ARRIVED, ARRIVED], first_year=2012, ahead_hours=24)
    rows = {of: part["dt"].to_pylist() for of, part in made}
    assert moment in rows[hour]
    assert sum(map(len, rows.values())) == 2
    assert rows.keys() == {"2020-09-13T12", hour}


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("1970-01-01T00:00:00Z", "2012-01-01T00"),
        ("2012-01-01T00:00:00Z", "2012-01-01T00"),
        ("2031-01-01T05:00:00Z", "2031-01-01T05"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23"),
    ],
)
def test_an_event_decides_its_hour_where_kafka_does_not_tell_when_it_came(
    moment: str, hour: str
) -> None:
    table = pa.table({"dt": ["2020-09-13T12:00:00Z", moment]})
    made = by_hour(table, [ARRIVED, UNKNOWN_TIME], first_year=2012, ahead_hours=24)
    assert {of: part["dt"].to_pylist() for of, part in made} == {
        "2020-09-13T12": ["2020-09-13T12:00:00Z"],
        hour: [moment],
    }


def test_the_last_arrival_of_the_calendar_has_an_hour() -> None:
    table = pa.table({"dt": ["9999-12-31T23:59:59Z"]})
    [(hour, _)] = by_hour(table, [END_OF_TIME - 1], first_year=2012, ahead_hours=24)
    assert hour == "9999-12-31T23"
