"""forwarder: lines from a file, stdin or UDP into a raw topic."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from elfaust.metrics.table import DATAGRAMS_LOST, LOSS_TIME, SPOOL_BYTES
from elfaust.metrics.values import Labels, values
from elfaust.settings import state_folder
from elfaust.sources import finished
from elfaust.sources.forwarder import Forwarder
from elfaust.sources.losses import Losses
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Register the forwarder's work with its worker."""

    async def forward() -> None:
        folder = state_folder(worker.settings) / "forwarder"
        forwarder = Forwarder(worker.settings, folder)
        losses = Losses(folder / "lost.json", lambda: forwarder.lost)
        worker.on_drain(forwarder.stop)
        worker.held.append(lambda: forwarder.held)
        worker.lost = lambda: {by: n for by, n in losses.counts.items() if n}
        values().ask(SPOOL_BYTES, lambda: {(): forwarder.unsent})
        values().ask(DATAGRAMS_LOST, lambda: _labelled(losses.counts))
        values().ask(LOSS_TIME, lambda: _labelled(losses.times))
        watching = asyncio.create_task(losses.run(), name="losses")
        finished.forget(folder)
        try:
            await forwarder.run(await worker.publisher())
            if not worker.draining and not worker.should_stop:
                await worker.finish(lambda: finished.note(folder, worker.settings.forwarder.source))
        finally:
            watching.cancel()
            # What waited in memory may be lost at the end.
            losses.look()

    worker.run_beside(forward)


def _labelled(by_loser: Mapping[str, float]) -> dict[Labels, float]:
    return {(by,): number for by, number in by_loser.items()}
