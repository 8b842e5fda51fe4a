"""forwarder: lines from a file, stdin or UDP into a raw topic."""

from __future__ import annotations

from elfaust.settings import state_folder
from elfaust.sources.forwarder import Forwarder
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the forwarder's work with its worker."""

    async def forward() -> None:
        forwarder = Forwarder(worker.settings, state_folder(worker.settings) / "forwarder")
        worker.on_drain(forwarder.stop)
        worker.held.append(lambda: forwarder.held)
        await forwarder.run(await worker.publisher())

    worker.run_beside(forward)
