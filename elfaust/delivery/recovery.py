"""Recovery of tables and the first seek, which end the worker where Faust would wait for ever.

Faust takes a time-out of one of its steps for a stop of the worker: the task that recovers ends
without a word and nothing is ever delivered. Kafka that goes away as lanes are assigned does it.
"""

from __future__ import annotations

from typing import Any

import faust
from faust.exceptions import DecodeError
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP

from elfaust.errors import Unacknowledged


class ChangelogSchema(faust.Schema):  # type: ignore[misc]
    """Reads the records of a changelog, those that are none as bytes.

    Faust raises for such a record without moving on: after one that is a lane's last it waits for
    ever for the end of the recovery.
    """

    def loads_key(self, app: object, message: Any, **options: Any) -> Any:
        """Return a key; bytes for one that cannot be read."""
        try:
            return super().loads_key(app, message, **options)
        except DecodeError:
            return message.key

    def loads_value(self, app: object, message: Any, **options: Any) -> Any:
        """Return a value; bytes for one that cannot be read."""
        try:
            return super().loads_value(app, message, **options)
        except DecodeError:
            return message.value


class LoudRecovery(Recovery):  # type: ignore[misc]
    """Recovery that begins at the beginning, and whose steps fail when they take too long."""

    async def on_rebalance(self, *args: Any, **kwargs: Any) -> None:
        """Recover all lanes anew.

        Faust would go on where it had read to. Records of an earlier assignment that still wait
        move that on, and those before them are then taken for seen: entries would be missing.
        """
        self.tables.changelog_queue.clear()
        self.active_offsets.clear()
        await super().on_rebalance(*args, **kwargs)

    async def _seek_offsets(self, consumer: Any, tps: set[TP], *args: Any) -> None:
        try:
            await super()._seek_offsets(consumer, tps, *args)
        except Exception:
            if consumer.assignment().issuperset(tps):
                raise
            # Lanes have begun to move: what comes next recovers those that will be ours then.
            raise RebalanceAgain from None

    async def _wait(self, coro: Any, timeout: Any = None) -> None:
        try:
            await super()._wait(coro, timeout)
        except ServiceStopped:
            if self.should_stop:
                raise
            server = f"Kafka {self.app.settings.kafka.bootstrap}"
            detail = f"no answer within {timeout} s while lanes were taken over"
            raise Unacknowledged(server, detail) from None


class Tables(TableManager):  # type: ignore[misc]
    """Faust's tables, with that recovery."""

    _recovery: LoudRecovery | None

    @property
    def recovery(self) -> LoudRecovery:
        """Return what recovers the tables."""
        if self._recovery is None:
            self._recovery = LoudRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
