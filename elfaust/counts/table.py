"""The table of counts that Kafka keeps, as Faust knows it: the one module here that imports it.

Its entries are those of the lanes that this worker has taken (takings.py); its changelog is read by
the reader (reader.py), and written with the batches that it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import faust
from faust.stores.base import Store
from faust.types import TP

from elfaust.counts.entry import CountKey, Tally
from elfaust.counts.place import place_of
from elfaust.counts.takings import Takings
from elfaust.models.count import Count


class LanesStore(Store):  # type: ignore[misc]
    """The entries of the lanes that are taken, by their keys."""

    takings: Takings

    def __getitem__(self, key: str) -> Count:
        place = place_of(CountKey.decode(key))
        taking = self.takings.lanes.get(place.lane)
        value = taking.value(place.when, place.name) if taking else None
        if value is None:
            raise KeyError(key)
        return Count(**value)

    def __setitem__(self, key: str, value: Count) -> None:
        place = place_of(CountKey.decode(key))
        self.takings.lanes[place.lane].put(place, value.asdict())

    def __delitem__(self, key: str) -> None:
        raise NotImplementedError("entries are forgotten by their age")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        for taking in self.takings.lanes.values():
            yield from (place.key.encode() for place in taking.places())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def apply_changelog_batch(self, *_: Any, **__: Any) -> None:
        """Do nothing: the reader reads the changelog."""

    def persisted_offset(self, tp: TP) -> None:
        """Return None: nothing is on a disk."""

    async def need_active_standby_for(self, tp: TP) -> bool:
        """Tell that nobody else has to read the changelog beforehand: everybody's reader does."""
        return False

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """Do nothing: the changelog is the copy."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """Do nothing: the changelog is the copy."""

    def reset_state(self) -> None:
        """Do nothing: takings end with their lanes."""


class CountsTable(faust.Table):  # type: ignore[misc]
    """A table whose entries live in the lane that their key begins with.

    `takings` has them. What is set is in Kafka when `written` has returned.
    """

    def __init__(self, app: faust.App, *, takings: Takings | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._takings = takings

    def info(self) -> Mapping[str, Any]:
        """Return what a copy of the table, as agents have it, is made with."""
        return {**super().info(), "takings": self._takings}

    @property
    def takings(self) -> Takings:
        """The lanes that this worker counts."""
        assert self._takings is not None
        return self._takings

    def _new_store(self) -> LanesStore:
        store = LanesStore("memory://", self.app, self)
        store.takings = self.takings
        return store

    def partition_for_key(self, key: str) -> int:
        """Return the lane of an entry."""
        return int(key.partition("|")[0])

    def send_changelog(
        self, partition: int | None, key: Any, value: Any, *_: Any, **__: Any
    ) -> Any:
        """Send nothing: what is set goes with the lane's next batch."""
        return SimpleNamespace(message=SimpleNamespace(partition=partition))

    def add(self, lane: int, counts: Mapping[CountKey, Tally]) -> Callable[[], None]:
        """Add what a batch of a lane counts to the entries; return what its commit is told to.

        Raises Unacknowledged as `written` does.
        """
        return self.takings.add(lane, counts)

    async def written(self) -> None:
        """Wait until all changes are in Kafka; raises Unacknowledged when that takes too long."""
        await self.takings.written()
