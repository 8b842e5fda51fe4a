"""hive: tables, views and partitions of Hive, as folders of schema revisions and hours appear."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.report import Report
from elfaust.hive.sync import Sync
from elfaust.query.freshness_keeping import PAUSES as FRESH_PAUSES
from elfaust.query.freshness_keeping import SECONDS as FRESH_SECONDS
from elfaust.query.freshness_keeping import FreshnessKeeper
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import open_storage
from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)

#: A look that takes long is not repeated at once: the least pause, in times of what it took.
PAUSES = 5


def register(worker: Worker) -> None:
    """Have a worker keep Hive's database; it reads no topic."""
    keeper = Keeper(worker.settings)
    worker.run_beside(keeper.run)
    worker.readiness.reports(lambda: keeper.away)
    worker.readiness.retries(lambda: bool(keeper.away))
    worker.held.append(lambda: keeper.told)
    fresh = Fresh(worker.settings)
    worker.run_beside(fresh.run)
    worker.on_drain(fresh.stop)
    worker.on_close(fresh.stop)
    worker.on_drain(keeper.stop)
    worker.on_close(keeper.stop)


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

    async def run(self) -> None:
        """Keep the database until `stop`."""
        while not self._sync.stop.is_set():
            began = time.monotonic()
            try:
                self._note(await asyncio.to_thread(self._sync.run))
                self.away = ""
            except ServerAway as away:
                if not self.away:
                    log.warning("Waiting for %s", away)
                self.away = str(away)
            await asyncio.sleep(max(self._seconds, PAUSES * (time.monotonic() - began)))

    async def stop(self) -> None:
        """Have a run end before its next table."""
        self._sync.stop.set()

    def _note(self, report: Report) -> None:
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


class Fresh:
    """Keeps the tables of freshness; whoever is away is asked again a minute later."""

    def __init__(self, settings: Settings) -> None:
        self._keeper = FreshnessKeeper(settings, open_storage(settings.hdfs))
        self._stopped = asyncio.Event()
        self._away = ""

    async def run(self) -> None:
        """Keep them until `stop`."""
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                await asyncio.to_thread(self._keeper.run)
                self._away = ""
            except (ServerAway, HiveRefuses) as error:
                if str(error) != self._away:
                    log.warning("The table of freshness is not kept: %s", error)
                self._away = str(error)
            pause = max(FRESH_SECONDS, FRESH_PAUSES * (time.monotonic() - began))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause)

    async def stop(self) -> None:
        """End before the next look."""
        self._stopped.set()
