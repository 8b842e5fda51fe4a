"""EventErrors as rows of Parquet: flat, masked, and a row whatever the record holds."""

from __future__ import annotations

import io

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.events.event_error import error_event
from elfaust.records import UNKNOWN_TIME, Record, Source
from elfaust.settings import Settings
from elfaust.sinks.parquet.error_table import COLUMNS, error_table, ordered
from elfaust.sinks.parquet.table import to_bytes

TOPIC, RAW = "eventlogging_EventError", "eventlogging-client-side"
SOURCE = Source(f"{RAW}@X8dyPUI8Tiegf9W3UIiv-A", 12)
TIME = 1_600_000_000_123
ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (X11; Linux x86_64) Secret/1"
LINE = f'?{{"a": 1}};\tcp1\t7\t2020-09-13T12:26:40\t{ADDRESS}\t"{AGENT}"'.encode()
FAULT = EventFault(
    "validation", f"5 from {ADDRESS} is wrong", "Edit", 7, path="$.event.a", hint="Mend", cause="5"
)


def error(offset: int = 3, source: Source | None = SOURCE, time: int = TIME) -> Record:
    value = error_event(
        LINE, FAULT, origin=f"{RAW}/2", offset=12, timestamp=time, settings=Settings().processor
    )
    return Record(TOPIC, 2, offset, time, value, source)


def test_a_row_says_what_was_refused_by_whom_and_where_its_line_is() -> None:
    table = error_table([error()], with_line=True)
    [row] = pq.read_table(io.BytesIO(to_bytes(table))).to_pylist()
    line, received = row.pop("raw_line"), row.pop("received")
    assert f"{received:%Y-%m-%dT%H:%M:%S.%f}" == "2020-09-13T12:26:40.123000"
    assert row == {
        "dt": "2020-09-13T12:26:40Z",
        "uuid": orjson.loads(error().value)["uuid"],
        "code": "validation",
        "schema": "Edit",
        "revision": 7,
        "path": "$.event.a",
        "message": "5 from <address> is wrong",
        "cause": "5",
        "hint": "Mend",
        "raw_topic": RAW,
        "lane": 2,
        "raw_offset": 12,
        "refused_by": "processor",
        "error_offset": 3,
        "raw_topic_id": "X8dyPUI8Tiegf9W3UIiv-A",
    }
    assert line.startswith('?{"a": 1};\tcp1\t7\t2020-09-13T12:26:40\t<address>')
    assert "Secret" not in line


def test_a_line_may_be_left_out_and_a_sink_s_refusal_names_the_sink() -> None:
    [row] = error_table([error(source=Source(f"hdfs/{RAW}", 12))], with_line=False).to_pylist()
    assert (row["raw_line"], row["refused_by"], row["raw_topic"]) == (None, "hdfs", RAW)
    [row] = error_table([error(source=None, time=UNKNOWN_TIME)], with_line=True).to_pylist()
    names = ("refused_by", "raw_topic", "raw_offset", "received")
    assert [row[name] for name in names] == [None] * 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
NAMED = st.dictionaries(
    st.sampled_from(["code", "schema", "revision", "message", "rawEvent", "path", "cause"]), JSON
)


@given(
    st.binary(max_size=30)
    | st.builds(
        lambda event, more: orjson.dumps({**more, "event": event}),
        JSON | NAMED,
        st.dictionaries(st.sampled_from(["uuid", "dt", "x"]), JSON),
    )
)
def test_whatever_a_record_holds_it_is_one_row(value: bytes) -> None:
    table = error_table([Record(TOPIC, 0, 1, TIME, value), error()], with_line=True)
    assert table["error_offset"].to_pylist() == [1, 3]
    assert table.schema.names == list(COLUMNS)


@pytest.mark.parametrize(
    ("name", "known_by"), [(RAW, Source(RAW, 12)), (f"mysql/{RAW}", None), ("h/f-1", "h/f-1")]
)
def test_refusals_of_sinks_are_known_by_their_own_offset(name: str, known_by: object) -> None:
    source = ordered(error(source=Source(name, 12))).source
    assert source == known_by or (source and source.name == known_by)
