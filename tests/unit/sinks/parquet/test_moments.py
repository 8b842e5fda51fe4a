"""The times of events: alike whether a batch is read at once or row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest

from elfaust.sinks.parquet.moments import moment, moments

TIMES = {
    "2020-09-13T12:26:40Z": "2020-09-13T12:26:40Z",
    "2020-09-13T12:26:40.123456789": "2020-09-13T12:26:40.123456789",
    "2020-09-13T14:26:40+02:00": "2020-09-13T12:26:40Z",
    "": "2020-09-13T12:27:14Z",
}


@pytest.mark.parametrize(("sent", "stored"), TIMES.items())
def test_a_time_is_in_utc_and_keeps_its_digits(sent: str, stored: str) -> None:
    assert moment(sent, 1600000034) == stored


def test_a_batch_is_as_its_rows_or_is_read_by_rows() -> None:
    stamps = pa.chunked_array([[1600000034.0, 1600000034.0]])
    sent = pa.chunked_array([["2020-09-13T12:26:40Z", ""]])
    assert moments(sent, stamps).to_pylist() == [moment(of, 1600000034) for of in sent.to_pylist()]
    for strange in ("2020-09-13T14:26:40+02:00", "2020-02-30T00:00:00Z", "today"):
        with pytest.raises(ValueError, match=r"."):
            moments(pa.chunked_array([[strange, strange]]), stamps)


@pytest.mark.parametrize("sent", ["today", "2020-02-30T00:00:00Z"])
def test_what_is_no_time_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(sent, None)
