"""hive: tables, views and partitions of Hive, as folders of schema revisions and hours appear."""

from __future__ import annotations

import asyncio
import logging
import time

from elfaust.errors import ServerAway
from elfaust.hive.report import Report
from elfaust.hive.sync import Sync
from elfaust.metrics.of_hive import (
    HIVE_ADDED,
    HIVE_DIFFERENCES,
    HIVE_MISSING,
    HIVE_MISSING_SECONDS,
)
from elfaust.metrics.values import count, values
from elfaust.query.freshness_keeping import FreshnessKeeper
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import open_storage
from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)

#: A look that takes long and finds nothing is not repeated at once: the least pause, in times of
#: what it took.
PAUSES = 5


def register(worker: Worker) -> None:
    """Have a worker keep Hive's database; it reads no topic."""
    keeper = Keeper(worker.settings)
    worker.run_beside(keeper.run)
    worker.readiness.reports(lambda: keeper.away)
    worker.readiness.retries(lambda: bool(keeper.away))
    worker.held.append(lambda: keeper.told)
    fresh = FreshnessKeeper(worker.settings, open_storage(worker.settings.hdfs))

    async def keep_fresh() -> None:
        # Its table is in the database that the first run makes.
        await keeper.kept.wait()
        await fresh.run()

    worker.run_beside(keep_fresh)
    worker.on_drain(fresh.stop)
    worker.on_close(fresh.stop)
    worker.on_drain(keeper.stop)
    worker.on_close(keeper.stop)
    count(HIVE_ADDED, 0)
    values().ask(HIVE_MISSING, lambda: {(): keeper.missing[0]})
    values().ask(HIVE_MISSING_SECONDS, lambda: {(): _age(keeper.missing[1])})
    values().ask(HIVE_DIFFERENCES, lambda: {(): len(keeper.told)})


def _age(since: float) -> float:
    return max(0.0, time.time() - since) if since else 0.0


class Keeper:
    """Runs `Sync` again and again; a server that is away is waited for."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.hive.seconds
        registry = Registry.of_workers(settings)
        self._sync = Sync(settings, registry, open_storage(settings.hdfs))
        #: Which server does not answer, "" for none.
        self.away = ""
        #: What somebody has to look at.
        self.told: list[str] = []
        #: Set once a run has come to its end.
        self.kept = asyncio.Event()

    @property
    def missing(self) -> tuple[int, float]:
        """How many hours have no partition yet, and since when there are such, Unix seconds."""
        return self._sync.pending

    async def run(self) -> None:
        """Keep the database until `stop`."""
        while not self._sync.stop.is_set():
            # What a server's silence took is no reason to wait.
            pause = 0.0
            try:
                pause = await self._run_once()
                self.kept.set()
                if self.away:
                    log.info("Hive is kept again.")
                self.away = ""
            except ServerAway as away:
                if not self.away:
                    log.warning("Waiting for %s", away)
                self.away = str(away)
            await asyncio.sleep(max(self._seconds, pause))

    async def _run_once(self) -> float:
        """Return the least pause after a run."""
        began = time.monotonic()
        report = await asyncio.to_thread(self._sync.run)
        self._note(report)
        return 0.0 if report.is_changed else PAUSES * (time.monotonic() - began)

    async def stop(self) -> None:
        """Have a run end before its next table."""
        self._sync.stop.set()

    def _note(self, report: Report) -> None:
        count(HIVE_ADDED, sum(report.added.values()))
        if report.is_changed:
            partitions, dropped = sum(report.added.values()), sum(report.dropped.values())
            log.info(
                "Hive: %d tables and %d views made, %d partitions added, %d dropped",
                *(len(report.tables), len(report.views), partitions, dropped),
            )
        told = [f"{of.name}: {of.what}" for of in report.told]
        for line in sorted(set(told) - set(self.told)):
            log.warning("Hive: %s", line)
        self.told = told
