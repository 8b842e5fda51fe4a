"""throughput: events and errors to counts in a table that Kafka keeps, and to the page of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from elfaust.counts.changelog import Changelog
from elfaust.counts.gauges import register as register_unusual
from elfaust.counts.table import CountsTable
from elfaust.counts.takings import Takings, told
from elfaust.counts.tally import tally
from elfaust.graphite.senders import register as register_senders
from elfaust.metrics.table import COUNTS_MISSING
from elfaust.metrics.values import values
from elfaust.models.count import Count
from elfaust.models.event import EventCapsule
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.groups import Buffered
from elfaust.web.throughput import register as register_page
from elfaust.workers.attach import attach
from elfaust.workers.worker import Worker

#: Seconds between two looks at what is too old, and between what a lane says that there should be.
TIDY_SECONDS = 10.0


class Counter:
    """Counts batches into the table; the writer (sinks/buffer.py) of this role."""

    def __init__(self, worker: Worker, table: CountsTable) -> None:
        seconds = worker.settings.throughput.flush_seconds
        self.limits = Limits(Bounds(20_000, 16_000_000), seconds, Bounds(40_000, 64_000_000))
        self._names = worker.names
        self._table = table

    def group_of(self, topic: str, lane: int) -> None:
        """Have all batches counted together."""

    async def write(self, batches: Sequence[Buffered]) -> None:
        """Count batches; raises Unacknowledged where the counts do not arrive in Kafka in time."""
        async with self._table.takings.turn:
            lanes = defaultdict[tuple[int, str], list[Buffered]](list)
            for batch in batches:
                # What is delivered of a lane's next taking is not in this one, nor the reverse.
                if not batch.dropped():
                    lanes[batch.lane, batch.topic].append(batch)
            # An entry is written once for all batches of its lane: that costs more than to count.
            for (lane, topic), of_lane in lanes.items():
                records = [record for batch in of_lane for record in batch.records]
                counts = tally(lane, topic, self._names.schema_of(topic), records)
                of_lane[-1].when_committed(self._table.add(lane, counts))
            await self._table.written()

    def on_revoked(self) -> None:
        """Remember nothing of lanes."""


def register(worker: Worker) -> None:
    """Register the counting agent, its table and the page with their worker."""
    settings = worker.settings
    register_page(worker, settings)
    changelog = Changelog(settings, worker.admin)
    reader = worker.counts_reader
    takings = Takings(settings.throughput, reader, changelog.write, make=changelog.make)
    table = worker.tables.add(
        CountsTable(
            worker,
            takings=takings,
            name="counts",
            key_type=str,
            value_type=Count,
            partitions=settings.topics.lanes,
        )
    )
    attach(worker, worker.events(EventCapsule, worker.names.error), Counter(worker, table))
    _take_lanes(worker, takings, changelog)
    register_senders(worker)
    register_unusual(worker.counts_reader.view)


def _take_lanes(worker: Worker, takings: Takings, changelog: Changelog) -> None:
    async def end(*_: object, **__: object) -> None:
        takings.end()

    async def finish() -> None:
        # What is committed is what there should be; the worker commits once more after this.
        await worker.consumer.commit()
        await takings.tidy()

    worker.before_joining(worker.counts_reader.start)
    worker.before_lanes(takings.take)
    worker.on_partitions_revoked.connect(end, weak=False)
    worker.on_drain(finish)
    worker.on_close(worker.counts_reader.stop)
    worker.on_close(changelog.close)
    worker.readiness.reports(lambda: takings.blocked_by)
    worker.held.append(lambda: told(takings))
    values().ask(COUNTS_MISSING, lambda: {(): sum(of.lacks for of in takings.missing)})
    worker.timer(TIDY_SECONDS)(takings.tidy)
