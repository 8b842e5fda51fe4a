"""A sink as its worker's buffer writes to it: in one thread beside the loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic

from elfaust.metrics.table import SINK_REJECTED, SINK_SECONDS
from elfaust.metrics.values import count_of, observe
from elfaust.records import SchemaKey
from elfaust.sinks.base import Reject, Rejected, Sink
from elfaust.sinks.groups import Buffered, events_of


class InThread:
    """The writer (buffer.py, Writer) that a sink is."""

    def __init__(
        self, sink: Sink, key_of: Callable[[str], SchemaKey], reject: Reject, role: str
    ) -> None:
        """`key_of` tells the schema revision of an events topic."""
        self._role = role
        self.limits = sink.limits
        self.group_of = sink.group_of
        self.on_revoked = sink.on_revoked
        self._sink = sink
        self._key_of = key_of
        self._reject = reject
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sink")

    async def write(self, batches: Sequence[Buffered]) -> None:
        """Have the sink write one group; raises what it raises."""
        events, began = events_of(batches, self._key_of), monotonic()
        rejected = Counter[tuple[str, int]]()

        def reject(records: Sequence[Rejected]) -> None:
            self._reject(records)
            rejected.update((one.record.topic, one.record.lane) for one in records)

        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._sink.write, events, reject)
        observe(SINK_SECONDS, monotonic() - began, self._role)
        # What is not committed comes again, and is rejected again.
        for batch in reversed(batches):
            if records := rejected.pop((batch.topic, batch.lane), 0):
                key = self._key_of(batch.topic)
                batch.when_committed(partial(count_of, SINK_REJECTED, records, key, self._role))
