"""Which records are new to a lane, by their sources and their offsets."""

from __future__ import annotations

from collections import Counter

from elfaust.delivery.batch import MAX_SOURCES
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.commit_files import Progress
from elfaust.sinks.parquet.sink import advance
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events, make_record
from tests.unit.sinks.parquet.fakes import ARRIVED, KEYS, nothing, records, sink_of, unfit, uuids


def test_sources_that_somebody_makes_up_are_not_kept_without_end() -> None:
    progress = Progress()
    ours = [make_record(b"", 0, ARRIVED, ("raw", 7))]
    made_up = [make_record(b"", n, ARRIVED, (f"source {n}", 0)) for n in range(1, 1_000)]
    assert advance(progress, "topic", ours + made_up) == ours + made_up
    assert len(progress.positions["topic"]) == MAX_SOURCES
    assert progress.positions["topic"]["raw"] == 7
    assert advance(progress, "topic", ours + made_up) == []
    later = [
        make_record(b"", 1_000, ARRIVED, ("another", 0)),
        make_record(b"", 1_001, ARRIVED, ("raw", 7)),
    ]
    assert advance(progress, "topic", later) == later[:1]


def test_a_raw_topic_that_is_made_anew_again_and_again_is_known_by_its_newest_id() -> None:
    progress = Progress()
    made_up = [make_record(b"", n, ARRIVED, (f"source {n}", 0)) for n in range(MAX_SOURCES - 1)]
    assert advance(progress, "topic", made_up) == made_up
    offset = MAX_SOURCES
    for n in range(3 * MAX_SOURCES):
        new = [make_record(b"", offset, ARRIVED, (f"raw@{n}", at)) for at in range(2)]
        assert advance(progress, "topic", new) == new
        offset += 2
        repeated = [record._replace(offset=offset + at) for at, record in enumerate(new)]
        assert advance(progress, "topic", repeated) == []
        offset += 2
    assert len(progress.positions["topic"]) == MAX_SOURCES


def test_what_a_restarted_processor_repeats_is_skipped() -> None:
    progress = Progress()
    first = records(KEYS[0], range(3))
    assert advance(progress, "t", first) == first
    repeated = [record._replace(offset=record.offset + 3) for record in first]
    new = records(KEYS[0], range(6, 7))
    assert advance(progress, "t", [*repeated, *new]) == new
    assert progress.offsets == {"t": 7}


def test_a_topic_made_anew_is_stored_beside_the_old_one(settings: Settings) -> None:
    sink, key = sink_of(settings, LocalStorage()), KEYS[0]
    sink.write([make_events(key, records(key, range(4), hours=1))], nothing)
    later = [
        record._replace(offset=record.offset - 4, timestamp=ARRIVED + 5)
        for record in records(key, range(4, 8), hours=1)
    ]
    sink.write([make_events(key, later)], nothing)
    sink.write([make_events(key, later)], nothing)
    assert uuids(settings) == Counter(f"{key.schema}-{number}" for number in range(8))


def test_records_without_a_source_are_new_by_their_offset() -> None:
    progress = Progress()
    bare = [record._replace(source=None) for record in records(KEYS[0], range(3))]
    assert advance(progress, "t", bare[:2]) == bare[:2]
    assert advance(progress, "t", bare) == bare[2:]


def test_what_was_refused_is_not_told_again_under_another_offset(settings: Settings) -> None:
    key, told = KEYS[0], list[Rejected]()
    batch = unfit(key, range(2), [0, 1])
    sink_of(settings, LocalStorage()).write([make_events(key, batch)], told.extend)
    # The processor was killed and repeats itself; the sink's lane has moved.
    repeated = [record._replace(offset=record.offset + 2) for record in batch]
    sink_of(settings, LocalStorage()).write([make_events(key, repeated)], nothing)
    assert len(told) == 2
