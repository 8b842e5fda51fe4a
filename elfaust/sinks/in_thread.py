"""A sink as its worker's buffer writes to it: in one thread beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from elfaust.records import SchemaKey
from elfaust.sinks.base import Reject, Sink
from elfaust.sinks.groups import Buffered, events_of


class InThread:
    """The writer (buffer.py, Writer) that a sink is."""

    def __init__(self, sink: Sink, key_of: Callable[[str], SchemaKey], reject: Reject) -> None:
        """`key_of` tells the schema revision of an events topic."""
        self.limits = sink.limits
        self.group_of = sink.group_of
        self.on_revoked = sink.on_revoked
        self._sink = sink
        self._key_of = key_of
        self._reject = reject
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sink")

    async def write(self, batches: Sequence[Buffered]) -> None:
        """Have the sink write one group; raises what it raises."""
        events = events_of(batches, self._key_of)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._sink.write, events, self._reject)
