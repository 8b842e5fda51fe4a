"""The agent of every sink: the events of all schema revisions to the store of its role."""

from __future__ import annotations

from elfaust.sinks.stores import every_store
from elfaust.workers.attach import attach_sink
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the sink of the worker's role."""
    [store] = every_store(worker.settings, [worker.role]).values()
    attach_sink(worker, store.sink())
