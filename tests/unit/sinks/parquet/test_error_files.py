"""The files of EventErrors: by the hour of their arrival, beside those of events, once."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import pyarrow.parquet as pq
import pytest

from elfaust.metrics.table import SINK_ROWS
from elfaust.records import UNKNOWN_TIME, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.sinks.base import Events
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.storage.local import LocalStorage
from tests.counted import counted
from tests.unit.sinks.parquet.fakes import Death, Mortal, batches, everything, nothing, sink_of
from tests.unit.sinks.parquet.test_error_table import RAW, TIME, error

KEY = SchemaKey("EventError", 14035058)
HOUR = 3_600_000


def errors(settings: Settings, numbers: range, lane: int = 0, base: int = 0) -> Events:
    """Return errors of lines, an hour in which Kafka got them for two each."""
    made = [
        error(n + base, Source(RAW, n), TIME + n // 2 * HOUR)._replace(lane=lane) for n in numbers
    ]
    return Events(KEY, settings.topics.error, lane, made)


def stored(settings: Settings) -> dict[str, list[int]]:
    """Return the raw offsets of the rows of each hour."""
    found: dict[str, list[int]] = {}
    folder = FileNames(settings).of_errors
    for path in LocalStorage().walk(folder):
        hour = path.removeprefix(f"{folder}/").rpartition("/")[0]
        rows = pq.read_table(path, partitioning=None)["raw_offset"].to_pylist()
        found.setdefault(hour, []).extend(rows)
    return found


def write(sink: ParquetSink, parts: Sequence[Events]) -> None:
    for part in parts:
        sink.write([part], nothing)


def test_errors_are_in_the_hour_in_which_kafka_got_their_lines(settings: Settings) -> None:
    sink = sink_of(settings, LocalStorage())
    assert sink.group_of(settings.topics.error, 4) == (4, settings.topics.error)
    unknown = [error(9, Source(RAW, 9), UNKNOWN_TIME)]
    part = errors(settings, range(4))
    write(sink, [part._replace(records=[*part.records, *unknown]), *batches(range(2))])
    day = "year=2020/month=9/day=13"
    assert stored(settings) == {
        f"{day}/hour=12": [0, 1],
        f"{day}/hour=13": [2, 3],
        "year=2012/month=1/day=1/hour=0": [9],
    }
    # They are no events: neither of an account nor of the metrics.
    assert {key for _, key, _ in counted(SINK_ROWS)} == {"SpecialMuteSubmit", "EchoMail"}


def test_what_comes_again_is_stored_once(settings: Settings) -> None:
    sink = sink_of(settings, LocalStorage())
    write(sink, [errors(settings, range(4)), errors(settings, range(4))])
    # The processor has written all of them again, behind the first.
    again = errors(settings, range(6), base=4)
    sink.on_revoked()
    write(sink, [again])
    refusals = [
        error(20 + n, Source(f"{role}/{RAW}", at))
        for n, (role, at) in enumerate([("mysql", 3), ("hdfs", 3), ("mysql", 1)])
    ]
    for _ in range(2):
        write(sink, [again._replace(records=refusals)])
    found = [at for of in stored(settings).values() for at in of]
    assert sorted(found) == [0, 1, 1, 2, 3, 3, 3, 4, 5]


@pytest.mark.parametrize("steps", range(1, 20))
def test_wherever_a_worker_dies_errors_and_events_are_stored_once(
    settings: Settings, steps: int
) -> None:
    parts = [errors(settings, range(4)), *batches(range(4))]
    with suppress(Death):
        write(sink_of(settings, Mortal(steps)), parts)
    write(sink_of(settings, LocalStorage()), parts)
    assert Counter(at for of in stored(settings).values() for at in of) == Counter(range(4))
    names = FileNames(settings)
    files = list(LocalStorage().walk(settings.hdfs.root))
    events = [path for path in files if names.named(path)]
    assert sum(pq.read_metadata(path).num_rows for path in events) == len(everything(range(4)))
    assert not any(names.is_strange(path) for path in files if path.endswith(".parquet"))


def test_they_are_stored_only_where_settings_say_so(settings: Settings) -> None:
    bare, off = (
        dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, errors=errors))
        for errors in ("bare", "off")
    )
    part = errors(bare, range(2))
    sink_of(bare, LocalStorage()).write([part], nothing)
    [path] = LocalStorage().walk(FileNames(bare).of_errors)
    assert pq.read_table(path, partitioning=None)["raw_line"].to_pylist() == [None, None]
    sink = ParquetSink(off, sink_of(off, LocalStorage())._registry, LocalStorage())
    with pytest.raises(ValueError, match="of no schema revision"):
        sink.group_of(off.topics.error, 0)


def test_an_old_topic_s_file_keeps_its_name(settings: Settings) -> None:
    sink = sink_of(settings, LocalStorage())
    part = errors(settings, range(2))
    write(sink, [part])
    anew = [record._replace(source=Source(RAW, 50 + n)) for n, record in enumerate(part.records)]
    write(sink, [part._replace(records=anew)])
    assert sorted(at for of in stored(settings).values() for at in of) == [0, 1, 50, 51]
