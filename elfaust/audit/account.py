"""The account of the pipeline: what came in, and where it is, per schema revision.

It balances when every raw line is stored or one error, and the sinks and counts have them all: an
event is one record of its topic, one row of each store and one count, and a line that a sink
refused is one error, however many sinks and repeats say so. Records that a restarted worker
repeated carry the same source position and are one. Hive has what Parquet has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from elfaust.audit.account_entries import PARQUET, Entries, Entry, lines_once
from elfaust.audit.hive import rows_in_hive
from elfaust.audit.topics import Scanned, lanes_of
from elfaust.counts.reader import read_counts
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.base import Store
from elfaust.sinks.reading import Reader
from elfaust.sinks.stores import enabled_stores


@dataclass
class Account:
    """All schema revisions, and the raw lines that must add up to them."""

    raw: int
    entries: list[Entry]
    #: Those that keep events, by role.
    stores: Mapping[str, Store]
    #: Whether Hive is asked too, for what it finds in the files of Parquet.
    has_hive: bool = False

    @property
    def problems(self) -> list[str]:
        """What does not balance, one line each."""
        found = [
            f"{entry.key.schema}_{entry.key.revision}: {problem}"
            for entry in self.entries
            for problem in entry.problems(self.stores)
        ]
        judged = sum(entry.lines for entry in self.entries)
        if judged != self.raw:
            found.append(f"{self.raw} raw lines, {judged} stored or errors")
        return found


async def read_account(settings: Settings) -> Account:
    """Read the topics, the stores and the counts, whole; and ask Hive, where the settings name it.

    Raises ServerAway when one of the servers does not answer.
    """
    async with lanes_of(settings) as lanes:
        reading = account_of(settings, lanes, enabled_stores(settings))
        # In a thread and a loop of its own: it waits for lanes and for stores.
        account = await asyncio.to_thread(asyncio.run, reading)
    if account.has_hive:
        await asyncio.to_thread(_add_hive, settings, account)
    return account


def _add_hive(settings: Settings, account: Account) -> None:
    entries = {entry.key: entry for entry in account.entries if entry.valid}
    for key, rows in rows_in_hive(settings, entries).items():
        entries[key].in_hive = rows


async def account_of(
    settings: Settings,
    lanes: Iterable[Scanned],
    stores: Mapping[str, Store],
    readers: Mapping[str, Reader] | None = None,
) -> Account:
    """Return the account of topics with what stores and counts hold.

    The lanes of errors come first, then those of events by topic. `readers` have read what is in
    the stores while the lanes came; without them the stores are asked.
    """
    names, entries = TopicNames(settings), Entries(stores)
    raw = 0
    for topic, lane, records in lanes:
        if topic in names.raw:
            raw += len(lines_once(records))
        elif topic == names.error:
            entries.add_errors(records, lane)
        elif key := names.schema_of(topic):
            entries.add_events(key, records, topic, lane)
    keys = [entry.key for entry in entries.sorted() if entry.valid]
    for role, source in (readers or stores).items():
        for key, stored in source.stored(keys).items():
            entries[key].stored_in[role] = stored
    await _add_counts(settings, entries)
    has_hive = bool(settings.hive.host) and PARQUET in stores
    return Account(raw, entries.sorted(), stores, has_hive)


async def _add_counts(settings: Settings, entries: Entries) -> None:
    view = await read_counts(settings)
    for row in view.rows():
        entry = entries[SchemaKey(row.schema, row.revision)]
        entry.counted += row.valid
        entry.counted_invalid.update(row.errors)
        entry.counted_refused += row.refused
