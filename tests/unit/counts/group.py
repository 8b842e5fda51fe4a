"""A lane of the counts whose workers die, freeze and wake; what they send lands when it is told to.

The real objects of a worker's counts; Kafka is a list. A worker that was superseded may go on with
everything but commits, which the group refuses it: it reads, counts, and what it sends lands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from elfaust.counts.checks import looked_at, missing
from elfaust.counts.entry import CountKey, merge
from elfaust.counts.merged import Merged
from elfaust.counts.taking import Records, Taking
from elfaust.counts.tally import tally
from elfaust.records import Record
from tests.unit.counts.building import EDIT, ERROR_TOPIC, TOPIC, Table

#: Minutes and hours that are kept.
KEPT_MINUTES, KEPT_HOURS = 60, 4
LANE = 0


class Log:
    """The changelog of one lane."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None]] = []

    def compact(self, end: int, *, tombstones: bool) -> None:
        """Keep the last record of each key in the log's beginning, and what was deleted or not."""
        last = {key: at for at, (key, _) in enumerate(self.records)}
        self.records = [
            record
            for at, record in enumerate(self.records)
            if at >= end or (last[record[0]] == at and not (tombstones and record[1] is None))
        ]

    def read(self) -> Merged:
        merged = Merged(lambda *_: None)
        for key, value in self.records:
            assert merged.apply(LANE, key, value, 0.0)
        return merged


class Sent(NamedTuple):
    """What a worker has sent and Kafka has not: batches, and what is to be done after them."""

    batches: deque[Records]
    acknowledged: Callable[[], None]


class Member:
    """A worker in one generation of the group."""

    def __init__(self, group: Group, start: int) -> None:
        self.group = group
        self.taking: Taking | None = None
        self.next = self.acknowledged = start
        self.sent: Sent | None = None
        self._commits: list[Callable[[], None]] = []
        self._acknowledged: list[Callable[[], None]] = []

    def take(self) -> None:
        """Read the changelog to its end, and begin to count."""
        if self.taking is None:
            found = self.group.log.read().lane(LANE).copy()
            hours = looked_at(self.group.now, KEPT_HOURS)
            lacks = missing(LANE, found.entries, found.checks, hours)
            self.group.cries += lacks
            self.taking = Taking(LANE, found, lacks)

    def count(self, number: int, cuts: Sequence[int]) -> None:
        """Count the next records, and send what that changes in batches of so many records."""
        if self.taking is None or self.sent is not None:
            return
        batch = self.group.events[self.next : self.next + number]
        commits = []
        for topic, key in ((TOPIC, EDIT), (ERROR_TOPIC, None)):
            records = [record for record in batch if record.topic == topic]
            counted = self.taking.add(tally(LANE, topic, key, records))
            commits.append(lambda taking=self.taking, counted=counted: taking.commit(counted))
        self.next += len(batch)
        end = self.next

        def acknowledged() -> None:
            self.acknowledged = end
            self._acknowledged += commits

        self._send(self.taking.changes(), cuts, acknowledged)

    def tidy(self, cuts: Sequence[int]) -> None:
        """Forget what is old, and say what there should be."""
        if self.taking is None or self.sent is not None:
            return
        old = self.taking.forget_old(self.group.now, KEPT_MINUTES, KEPT_HOURS)
        records = [*old, *self.taking.changes(), *self.taking.check()]
        self._send(records, cuts, lambda: None)

    def _send(self, records: Records, cuts: Sequence[int], then: Callable[[], None]) -> None:
        ends = [min(end, len(records)) for end in accumulate(cuts)] + [len(records)]
        batches, begin = deque[Records](), 0
        for end in ends:
            if end > begin:
                batches.append(records[begin:end])
                begin = end
        self.sent = Sent(batches, then)
        if not batches:
            self.land()

    def land(self) -> None:
        """Have the next batch arrive; after the last one Kafka has acknowledged all."""
        if self.sent is None:
            return
        if self.sent.batches:
            self.group.log.records += self.sent.batches.popleft()
        if not self.sent.batches:
            sent, self.sent = self.sent, None
            sent.acknowledged()

    def commit(self) -> None:
        """Commit what is acknowledged, if the group still knows this worker."""
        if self.group.owner is self and self.acknowledged > self.group.committed:
            self.group.committed = self.acknowledged
            done, self._acknowledged = self._acknowledged, []
            for tell in done:
                tell()


class Group:
    """The lane's events, its changelog, and all who were ever its workers."""

    def __init__(self, events: Sequence[Record], now: float) -> None:
        self.events = events
        self.now = now
        self.log = Log()
        self.committed = 0
        self.members: list[Member] = []
        self.cries: list[object] = []
        self.assign()

    @property
    def owner(self) -> Member:
        return self.members[-1]

    def assign(self) -> None:
        """Give the lane to a worker; the one before may not know it for long."""
        self.members.append(Member(self, self.committed))

    def finish(self) -> Table:
        """Have a last worker count to the end; return what the changelog has then."""
        self.assign()
        self.owner.take()
        while self.owner.next < len(self.events):
            self.owner.count(5, ())
            self.settle()
        return dict(entries(self.log.read()))

    def settle(self) -> None:
        """Have all arrive that the owner has sent, and commit."""
        while self.owner.sent is not None:
            self.owner.land()
        self.owner.commit()


def entries(merged: Merged) -> Iterator[tuple[CountKey, dict[str, object]]]:
    """Return the entries of the lane, merged."""
    lane = merged.lane(LANE)
    taking = Taking(LANE, lane.copy())
    for place in taking.places():
        value = taking.value(place.when, place.name)
        assert value is not None
        yield place.key, value


def true_counts(events: Sequence[Record]) -> Table:
    """Return the entries by one who counts all, once."""
    table: Table = {}
    for record in events:
        key = EDIT if record.topic == TOPIC else None
        for entry, new in tally(LANE, record.topic, key, [record]).items():
            value = merge(table.get(entry), new)
            if value is not None:
                table[entry] = value
    return table
