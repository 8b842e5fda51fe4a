"""throughput: events and errors to counts in a table that Kafka keeps, and to the page of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import faust

from elfaust.counts.tally import CountKey, is_entry, merge, tally
from elfaust.delivery.recovery import ChangelogSchema
from elfaust.errors import Unacknowledged
from elfaust.models.count import Count
from elfaust.models.event import EventCapsule
from elfaust.quiet import OnceAMinute
from elfaust.sinks.base import Limits
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.groups import Buffered
from elfaust.web.throughput import register as register_page
from elfaust.workers.attach import attach
from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))


class CountsTable(faust.Table):  # type: ignore[misc]
    """A table whose entries live in the lane that their key begins with.

    `written` awaits the changelog records that Faust itself only sends: a batch is acknowledged
    after that.
    """

    _sent: list[asyncio.Future[Any]]

    def partition_for_key(self, key: str) -> int:
        """Return the lane of an entry."""
        return int(key.partition("|")[0])

    def send_changelog(self, *args: Any, **kwargs: Any) -> Any:
        """Send a change, and keep what tells of its arrival."""
        sent = super().send_changelog(*args, **kwargs)
        self.__dict__.setdefault("_sent", []).append(sent)
        return sent

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Take in what Kafka has of the table.

        Older values written late are left out, and what is no count: somebody else's records.
        """
        # Which are older depends on what came before them in the batch: it is taken in one by one.
        super().apply_changelog_batch(event for event in batch if self._is_news(event))

    def _is_news(self, event: Any) -> bool:
        # A worker that has lost a lane may write what it counted after the lane's new owner has.
        # All values of an entry count a prefix of the same records, so the one that counts more is
        # the later one.
        message, value = event.message, event.value
        entry = value.asdict() if isinstance(value, Count) else message.value
        if not is_entry(event.key, entry):
            where = (message.topic, message.partition, message.offset)
            log.warning("No count in %s/%d at %d: passed over", *where)
            return False
        have = self.data.get(event.key)
        return message.value is None or not have or value.count >= have.count

    async def written(self, seconds: float) -> None:
        """Wait until all changes are in Kafka; raises Unacknowledged when that takes too long."""
        sent, self._sent = self.__dict__.get("_sent", []), []
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*sent)
        except TimeoutError as error:
            raise Unacknowledged("Kafka", f"counts not acknowledged within {seconds} s") from error


class Counter:
    """Counts batches into the table; the writer (sinks/buffer.py) of this role."""

    def __init__(self, worker: Worker, table: CountsTable) -> None:
        seconds = worker.settings.throughput.flush_seconds
        self.limits = Limits(Bounds(20_000, 16_000_000), seconds, Bounds(40_000, 64_000_000))
        self._names = worker.names
        self._table = table
        self._timeout = worker.settings.kafka.publish_timeout

    def group_of(self, topic: str, lane: int) -> None:
        """Have all batches counted together."""

    async def write(self, batches: Sequence[Buffered]) -> None:
        """Count batches; raises Unacknowledged where the counts do not arrive in Kafka in time."""
        table = self._table
        for batch in batches:
            key = self._names.schema_of(batch.topic)
            for entry, added in tally(batch.lane, batch.topic, key, batch.records).items():
                name = entry.encode()
                value = merge(table[name].asdict() if name in table else None, added)
                if value is not None:
                    table[name] = Count(**value)
        await table.written(self._timeout)

    def on_revoked(self) -> None:
        """Remember nothing of lanes."""


def register(worker: Worker) -> None:
    """Register the counting agent, its table and the page with their worker."""
    settings = worker.settings
    table = worker.tables.add(
        CountsTable(
            worker,
            name="counts",
            key_type=str,
            value_type=Count,
            schema=ChangelogSchema(),
            partitions=settings.topics.lanes,
        )
    )

    events = worker.events(EventCapsule, worker.names.error)
    attach(worker, events, Counter(worker, table))
    register_page(worker, settings)

    @worker.timer(60.0)  # type: ignore[untyped-decorator]
    async def forget_old_minutes() -> None:
        now, keep = time.time(), settings.throughput.keep_minutes
        mine = {tp.partition for tp in worker.consumer.assignment()}
        for name in [n for n in table if CountKey.decode(n).expired(now, keep)]:
            if CountKey.decode(name).lane in mine:
                del table[name]
        await table.written(settings.kafka.publish_timeout)
