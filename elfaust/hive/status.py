"""How far Hive's tables, views and partitions are as the schemas and the files have them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from elfaust.hive.found import Difference
from elfaust.hive.sync import How, Sync


class TableStatus(NamedTuple):
    """A table: whether it is there, how many partitions it has, and how many hours have none."""

    name: str
    is_there: bool
    partitions: int
    missing: int


@dataclass(frozen=True)
class Status:
    """What is there, what is missing, and what somebody has to look at."""

    tables: tuple[TableStatus, ...]
    views_missing: tuple[str, ...]
    #: Tables that lack columns.
    columns_missing: tuple[str, ...]
    told: tuple[Difference, ...]
    #: What is so by the names and types of the schemas.
    notes: tuple[Difference, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing and nothing differs."""
        there = all(of.is_there and not of.missing for of in self.tables)
        return there and not (self.views_missing or self.columns_missing or self.told)

    def as_object(self) -> dict[str, Any]:
        """Return it as the JSON that `--json` prints."""
        return {
            **asdict(self),
            "complete": self.is_complete,
            "tables": [of._asdict() for of in self.tables],
            "told": [of._asdict() for of in self.told],
            "notes": [of._asdict() for of in self.notes],
        }


def status_of(sync: Sync, *, files: bool = True) -> Status:
    """Compare all, and change nothing; `files` has each file's end read. Raises ServerAway."""
    report = sync.run(How(full=True, deep=True, dry=True))
    made = set(report.tables)
    tables = tuple(
        TableStatus(
            name,
            name not in made,
            count - report.added.get(name, 0),
            report.added.get(name, 0),
        )
        for name, count in sorted(report.partitions.items())
    )
    told = [*report.told, *(sync.strange_files() if files else ())]
    missing = tuple(report.views), tuple(report.columns)
    return Status(tables, *missing, tuple(told), tuple(report.notes))
