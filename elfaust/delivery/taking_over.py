"""What happens between an assignment of lanes and their first batch, in place of Faust's recovery.

Faust reads changelogs through the consumer that reads events, pauses both with one switch, and
tells what it has read from what is handed to it: records of an assignment that was over reached
the next one, and entries were missing (issue 18). Here each assignment is one task: the worker's
role prepares itself, the lanes are sought, the flow begins. It is cancelled as lanes move.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import faust
from faust.tables.manager import TableManager
from faust.types import TP
from mode import Service

from elfaust.delivery import privates
from elfaust.errors import Unacknowledged

log = logging.getLogger(__name__)


class TakingOver(Service):  # type: ignore[misc]
    """Takes over the lanes of each assignment; ends the worker where that fails.

    Faust's app and its tables call it as they do their own recovery.
    """

    def __init__(self, app: faust.App, tables: TableManager, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app
        self.tables = tables
        #: Set once the lanes of an assignment flow.
        self.completed = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None

    def give_up(self) -> None:
        """Stop to take over lanes: they are moving."""
        if self._taking is not None:
            self._taking.cancel()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop to take over lanes, as Faust tells it."""
        self.give_up()

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Begin to take over the lanes of an assignment."""
        self.give_up()
        self._taking = asyncio.create_task(self._take(set(assigned)), name="taking over")

    async def on_stop(self) -> None:
        """Take over nothing any more."""
        self.give_up()

    async def _take(self, assigned: set[TP]) -> None:
        try:
            await self.app.prepare(frozenset(tp.partition for tp in assigned))
            await self._seek()
            await self._resume(assigned)
        except Exception as error:
            if self.app.consumer.assignment() == assigned:
                await self.crash(error)
                return
            # Lanes that have begun to move cannot be sought; those of the next assignment can.
            log.warning("Lanes were not taken over, for they move again: %r", error)

    async def _seek(self) -> None:
        seconds = self.app.conf.broker_request_timeout
        try:
            async with asyncio.timeout(seconds):
                await self.app.consumer.perform_seek()
        except TimeoutError as error:
            server = f"Kafka {self.app.settings.kafka.bootstrap}"
            detail = f"no answer within {seconds} s while lanes were taken over"
            raise Unacknowledged(server, detail) from error

    async def _resume(self, assigned: set[TP]) -> None:
        app = self.app
        await app.on_rebalance_complete.send()
        app.consumer.resume_partitions(assigned)
        app.flow_control.resume()
        app.consumer.resume_flow()
        await privates.start_fetching(app)
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.completed.set()


class Tables(TableManager):  # type: ignore[misc]
    """Faust's tables, whose changelogs are read by others than its consumer."""

    _recovery: TakingOver | None

    @property
    def recovery(self) -> TakingOver:
        """Return what takes over lanes."""
        if self._recovery is None:
            self._recovery = TakingOver(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start; Faust's waits a second first, for channels that there are not."""
        await self._update_channels()
        await self.recovery.start()

    async def _update_channels(self) -> None:
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()
