"""The partitions of one table: those that hours lack are added, others told or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from elfaust.hive.found import Difference, partition_fault
from elfaust.hive.look import LEVELS, NUMBER, Hour, HourFolders, partition_name
from elfaust.hive.metastore import Metastore
from elfaust.hive.report import Report
from elfaust.hive.tables import Table

#: Partitions of a table that a message names.
NAMED = 3
REPAIR = "elfaust hive sync --repair"


@dataclass
class Known:
    """A table that may have partitions, and those that it has."""

    table: Table
    hours: set[Hour] = field(default_factory=set)
    #: Names of partitions that are none of an hour, as `year=2015/month=06/day=1/hour=5`.
    strange: list[str] = field(default_factory=list)
    #: The folders for which it has all partitions.
    done: HourFolders | None = None
    told: list[Difference] = field(default_factory=list)
    #: The file system of the table, "" until it was seen.
    home: str = ""


def known_of(table: Table, names: Sequence[str]) -> Known:
    """Return a table with its partitions, of their names in the metastore."""
    known = Known(table)
    for name in names:
        pairs = [part.partition("=") for part in name.split("/")]
        levels, numbers = tuple(of[0] for of in pairs), [of[2] for of in pairs]
        if levels == LEVELS and all(map(NUMBER.fullmatch, numbers)):
            known.hours.add(tuple(map(int, numbers)))
        else:
            known.strange.append(name)
    return known


def keep_partitions(
    store: Metastore,
    known: Known,
    folders: HourFolders,
    report: Report,
    *,
    repair: bool = False,
    deep: bool = False,
) -> None:
    """Add the partitions that a table lacks, and tell those that it should not have.

    `deep` looks into each partition that there is: its location and its columns. `repair` drops
    those that are wrong, and adds anew those that have a folder. Raises ServerAway and HiveRefuses.
    """
    table = known.table
    extra = [*map(partition_name, sorted(known.hours - folders.hours)), *known.strange]
    faults = dict(_faults(store, known, folders)) if deep else {}
    known.told = []
    if (extra or faults) and repair:
        wrong = [*extra, *map(partition_name, faults)]
        store.drop_partitions(table, wrong)
        report.dropped[table.name] = len(wrong)
        known.hours = (known.hours & folders.hours) - faults.keys()
        known.strange = []
    else:
        if extra:
            known.told.append(_told(table, extra, "without a folder"))
        for fault in sorted(set(faults.values())):
            names = [partition_name(hour) for hour, of in faults.items() if of == fault]
            known.told.append(_told(table, names, f"each of which {fault}"))
    if missing := sorted(folders.hours - known.hours):
        store.add_partitions(table, missing)
        known.hours = known.hours.union(missing)
        report.added[table.name] = len(missing)
    if known.hours == folders.hours:
        # There may be millions: they are kept once.
        known.hours = folders.hours
    known.done = folders


def _faults(store: Metastore, known: Known, folders: HourFolders) -> Iterator[tuple[Hour, str]]:
    hours = {partition_name(hour): hour for hour in sorted(known.hours & folders.hours)}
    for found in store.whole_partitions(known.table, list(hours)):
        hour = tuple(map(int, found.values))
        path = f"{known.table.location}/{partition_name(hour)}"
        if fault := partition_fault(found, known.table, path, known.home):
            yield hour, fault


def _told(table: Table, names: Sequence[str], what: str) -> Difference:
    few = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    return Difference(table.name, f"has {len(names)} partitions {what}: {few}", REPAIR)
