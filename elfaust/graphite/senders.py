"""Who sends: the one worker of throughput that counts lane 0, for all workers.

What nobody else knows, each processor sends by itself.
"""

from __future__ import annotations

from elfaust.graphite.carbon import CarbonSender
from elfaust.graphite.progress import Progress
from elfaust.graphite.statsd import ProcessorSender, StatsdSender
from elfaust.graphite.turn import has_first, turn_of
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Have a worker that has a `counts_reader` send what the settings ask for."""
    settings, view = worker.settings, worker.counts_reader.view

    def owns() -> bool:
        return has_first(worker, worker.consumer.assignment())

    if not settings.carbon.host and not settings.statsd.host:
        return
    progress = Progress(settings, owns)
    worker.run_beside(progress.run)
    if settings.carbon.host:
        worker.run_beside(CarbonSender(settings, view, progress, owns).run)
    if settings.statsd.host:
        turn = turn_of(worker)
        sender = StatsdSender(settings, view, progress, lambda: turn.number if owns() else 0)
        worker.run_beside(sender.run)


def register_processor(worker: Worker) -> None:
    """Have a processor send what the settings ask of it."""
    if worker.settings.statsd.host:
        worker.run_beside(ProcessorSender(worker.settings).run)
