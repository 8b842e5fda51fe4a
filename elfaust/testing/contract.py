"""The contract of a sink, as tests that each sink passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from elfaust.errors import ServerAway
from elfaust.metrics.table import SINK_ROWS
from elfaust.metrics.values import values
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Rejected, Sink
from elfaust.testing.records import make_record


class Place(Protocol):
    """Where a sink stores, as the contract asks of it: empty at first, one for each test."""

    #: A schema revision whose events the sink stores.
    key: SchemaKey

    def open(self) -> Sink:
        """Return a new sink that stores here, as a worker has one that starts."""

    def event(self, number: int) -> bytes:
        """Return an event of the revision, valid, whose uuid is `uuid_of(number)`."""

    def misfit(self, number: int) -> bytes:
        """Return what the sink rejects."""

    def away(self) -> AbstractContextManager[object]:
        """Have the server serve no sink of this place for a while."""

    def uuids(self) -> Sequence[str]:
        """Return the uuid of each event that is stored here, as often as it is there."""


def uuid_of(number: int) -> str:
    """Return the uuid of an event of the contract."""
    return f"{number:032x}"


class SinkContract:
    """What every sink keeps: a test module subclasses it, with a fixture `place`.

    docs/extending.md has an example; elfaust/sinks/base.py says what these tests show.
    """

    def test_what_comes_again_is_there_once(self, place: Place) -> None:
        """Batches that were delivered again are cut otherwise, and reach further."""
        sink = place.open()
        for numbers in (range(4), range(4), range(2, 6), range(6, 7)):
            assert _write(place, sink, numbers) == []
        assert _is_there(place, range(7))

    def test_lanes_go_their_own_ways(self, place: Place) -> None:
        """The same offset of another lane is another event."""
        sink = place.open()
        _write(place, sink, range(3), lane=0)
        _write(place, sink, range(3), lane=1, first=100)
        _write(place, sink, range(4), lane=1, first=100)
        assert _is_there(place, [0, 1, 2, 100, 101, 102, 103])

    def test_lanes_that_come_back_bring_nothing_twice(self, place: Place) -> None:
        """The lanes were away for a while, and another worker may have had them."""
        sink = place.open()
        _write(place, sink, range(3))
        sink.on_revoked()
        _write(place, place.open(), range(2, 5))
        _write(place, sink, range(7))
        assert _is_there(place, range(7))

    def test_a_worker_that_starts_again_stores_nothing_twice(self, place: Place) -> None:
        """Nothing that the sink has to know is in its memory alone."""
        for end in (3, 3, 5):
            _write(place, place.open(), range(end))
        assert _is_there(place, range(5))

    def test_a_server_that_is_away_takes_nothing_and_then_all(self, place: Place) -> None:
        """The buffer writes the same events again, and no more than that mends it."""
        sink = place.open()
        _write(place, sink, range(2))
        with place.away():
            for _ in range(2):
                with _raised(ServerAway):
                    _write(place, sink, range(2, 5))
            with _raised(Exception):
                place.open().ping()
        assert _is_there(place, range(2))
        sink.ping()
        _write(place, sink, range(2, 5))
        assert _is_there(place, range(5))

    def test_what_does_not_fit_is_rejected_alone(self, place: Place) -> None:
        """Its neighbours are stored, whatever it holds."""
        sink = place.open()
        bad = {1: place.misfit(1), 3: b"\xff no JSON"}
        rejected = _write(place, sink, range(5), bad)
        assert {record.offset: record.value for record, _ in rejected} == bad
        assert {fault.code for _, fault in rejected} == {"consumer"}
        assert {(fault.schema, fault.revision) for _, fault in rejected} == {place.key}
        assert _is_there(place, [0, 2, 4])

    def test_a_rejected_record_is_reported_before_it_is_passed(self, place: Place) -> None:
        """What could not be reported is reported again, by this worker or by the next."""
        sink, bad = place.open(), {1: place.misfit(1)}
        for again in (sink, place.open()):
            with _raised(_Unreported):
                again.write([_events(place, range(3), bad)], _unreported)
        rejected = _write(place, place.open(), range(3), bad)
        assert [record.offset for record, _ in rejected] == [1]
        assert _is_there(place, [0, 2])

    def test_the_same_write_mends_what_could_not_be_reported(self, place: Place) -> None:
        """Kafka was away while the sink's own server served."""
        sink, bad = place.open(), {0: place.misfit(0)}
        with _raised(ServerAway):
            sink.write([_events(place, range(2), bad)], _kafka_away)
        assert len(_write(place, sink, range(2), bad)) == 1
        _write(place, sink, range(4), bad)
        assert _is_there(place, [1, 2, 3])

    def test_what_is_counted_is_what_is_stored(self, place: Place) -> None:
        """Whatever comes again, is rejected, or fails."""
        before, bad = _counted(place.key), {at: place.misfit(at) for at in (1, 7)}
        sink = place.open()
        for numbers in (range(4), range(4), range(2, 6)):
            _write(place, sink, numbers, {at: bad[at] for at in bad if at in numbers})
        with place.away(), _raised(ServerAway):
            _write(place, sink, range(9), bad)
        with _raised(_Unreported):
            place.open().write([_events(place, range(8), bad)], _unreported)
        sink.on_revoked()
        _write(place, place.open(), range(9), bad)
        assert _counted(place.key) - before == len(place.uuids()) == 7

    def test_a_group_is_known_without_the_server(self, place: Place) -> None:
        """It is asked in the worker's loop, with each batch."""
        sink, topic = place.open(), TopicNames(Settings()).event(place.key)
        with place.away():
            groups = [sink.group_of(topic, lane) for lane in (0, 1, 0)]
        assert groups[0] == groups[2]
        assert len(set(groups)) in (1, 2)

    def test_a_group_that_is_written_fits_into_what_may_wait(self, place: Place) -> None:
        """Otherwise the buffer would be full before it writes."""
        limits = place.open().limits
        assert limits.flush.rows <= limits.pending.rows
        assert limits.flush.size <= limits.pending.size
        assert limits.flush_seconds > 0


def _counted(key: SchemaKey) -> float:
    numbers = values().look().numbers.get(SINK_ROWS, {})
    return sum(rows for (_, *of), rows in numbers.items() if of == [key.schema, str(key.revision)])


class _Unreported(Exception):
    """The worker is killed while it tells what was rejected."""


def _unreported(rejected: Sequence[Rejected]) -> None:
    raise _Unreported


def _kafka_away(rejected: Sequence[Rejected]) -> None:
    raise ServerAway("Kafka", "is away")


def _events(
    place: Place, numbers: range, bad: dict[int, bytes], lane: int = 0, first: int = 0
) -> Events:
    topic = TopicNames(Settings()).event(place.key)
    records = [
        make_record(
            bad[number] if number in bad else place.event(first + number),
            number,
            1_600_000_000_000,
            ("raw", 10 * number),
            topic=topic,
            lane=lane,
        )
        for number in numbers
    ]
    return Events(place.key, topic, lane, records)


def _write(
    place: Place,
    sink: Sink,
    numbers: range,
    bad: dict[int, bytes] | None = None,
    lane: int = 0,
    first: int = 0,
) -> list[Rejected]:
    rejected: list[Rejected] = []
    sink.write([_events(place, numbers, bad or {}, lane, first)], rejected.extend)
    return rejected


def _is_there(place: Place, numbers: Sequence[int]) -> bool:
    assert sorted(place.uuids()) == [uuid_of(number) for number in numbers]
    return True


@contextmanager
def _raised(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")
