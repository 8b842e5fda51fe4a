"""Looks every few seconds how far behind its worker is, over a connection of its own.

Nothing of the worker waits for it, and it ends no worker.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer

from elfaust.delivery import privates
from elfaust.delivery.unread import Unread
from elfaust.metrics.table import LAG_EVENTS, LAG_MEASURED, LAG_SECONDS
from elfaust.metrics.values import values
from elfaust.quiet import OnceAMinute
from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

LOOK_SECONDS = 5.0
#: Longest wait for Kafka's answer.
ANSWER_SECONDS = 10.0


class LagWatch:
    """Keeps what is unread of a worker's lanes."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._client: AIOKafkaConsumer | None = None
        self.unread = Unread()
        #: How often in a row Kafka has not answered.
        self.failures = 0

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.look()
                self.failures = 0
            except Exception as error:
                self.failures += 1
                # No number is worth a worker; what is old is not shown.
                log.warning("How far this worker is behind is not known: %r", error)

    async def look(self) -> None:
        """Ask Kafka for the ends of the worker's lanes; raises what aiokafka raises."""
        worker = self._worker
        if not worker.readiness.has_lanes or not worker.consumer.flow_active:
            return
        assignment = worker.consumer.lanes
        lanes = [tp for tp in worker.consumer.assignment() if worker.is_batched(tp.topic)]
        ends = await privates.ends(await self._connected(), lanes)
        if assignment is not worker.consumer.lanes or not worker.consumer.flow_active:
            return
        # Asked after the ends: what was acknowledged meanwhile is not counted as unread.
        found = {tp: worker.consumer.oldest(tp) for tp in lanes}
        self.unread.see(ends, {tp: oldest for tp, oldest in found.items() if oldest is not None})

    async def _connected(self) -> AIOKafkaConsumer:
        if self._client is None:
            client = AIOKafkaConsumer(bootstrap_servers=self._worker.settings.kafka.bootstrap)
            try:
                await client.start()
            except BaseException:
                await client.stop()
                raise
            self._client = client
        return self._client

    async def forget(self, *_: Any, **__: Any) -> None:
        """Forget what was seen: the lanes are moving."""
        self.unread.forget()

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.stop()


def watch_lag(worker: Worker) -> LagWatch:
    """Have the lag of a worker's lanes among its metrics."""
    watch = LagWatch(worker)
    of, unread = worker.role, watch.unread
    values().ask(LAG_EVENTS, lambda: {(of, topic): n for topic, n in unread.records().items()})
    values().ask(LAG_SECONDS, lambda: {(of, topic): s for topic, s in unread.seconds().items()})
    values().ask(LAG_MEASURED, lambda: {(of,): unread.looked} if unread.looked else {})
    worker.on_partitions_revoked.connect(watch.forget, weak=False)
    worker.run_beside(watch.run)
    worker.on_close(watch.close)
    return watch
