"""The table of counts that Kafka keeps: the one module of this room that imports Faust."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import faust

from elfaust.counts.entry import CountKey, Tally, is_entry, merge
from elfaust.errors import Unacknowledged
from elfaust.models.count import Count
from elfaust.quiet import OnceAMinute

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))


class CountsTable(faust.Table):  # type: ignore[misc]
    """A table whose entries live in the lane that their key begins with.

    `written` awaits the changelog records that Faust itself only sends: a batch is acknowledged
    after that.
    """

    _sent: list[asyncio.Future[Any]]

    def partition_for_key(self, key: str) -> int:
        """Return the lane of an entry."""
        return int(key.partition("|")[0])

    def send_changelog(self, *args: Any, **kwargs: Any) -> Any:
        """Send a change, and keep what tells of its arrival."""
        sent = super().send_changelog(*args, **kwargs)
        self.__dict__.setdefault("_sent", []).append(sent)
        return sent

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Take in what Kafka has of the table.

        Older values written late are left out, and what is no count: somebody else's records.
        """
        # Which are older depends on what came before them in the batch: it is taken in one by one.
        super().apply_changelog_batch(event for event in batch if self._is_news(event))

    def _is_news(self, event: Any) -> bool:
        # A worker that has lost a lane may write what it counted after the lane's new owner has.
        # All values of an entry count a prefix of the same records, so the one that counts more is
        # the later one.
        message, value = event.message, event.value
        entry = value.asdict() if isinstance(value, Count) else message.value
        if not is_entry(event.key, entry):
            where = (message.topic, message.partition, message.offset)
            about = dict(zip(("topic", "lane", "offset"), where, strict=True))
            skipped = "Skipped a record of %s/%d at %d that is not a count"
            log.warning(skipped, *where, extra=about)
            return False
        have = self.data.get(event.key)
        return message.value is None or not have or value.count >= have.count

    def add(self, counts: Mapping[CountKey, Tally]) -> None:
        """Add what a batch counts to the entries."""
        for key, added in counts.items():
            name = key.encode()
            value = merge(self[name].asdict() if name in self else None, added)
            if value is not None:
                self[name] = Count(**value)

    def forget(self, lanes: Collection[int], now: float, minutes: int, hours: int) -> None:
        """Delete the entries of these lanes that are older than so many minutes, or hours."""
        for name in list(self):
            key = CountKey.decode(name)
            if key.lane in lanes and key.expired(now, minutes, hours):
                del self[name]

    async def written(self, seconds: float) -> None:
        """Wait until all changes are in Kafka; raises Unacknowledged when that takes too long."""
        sent, self._sent = self.__dict__.get("_sent", []), []
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*sent)
        except TimeoutError as error:
            raise Unacknowledged("Kafka", f"counts not acknowledged within {seconds} s") from error
