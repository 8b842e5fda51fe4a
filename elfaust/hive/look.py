"""The folders of hours below `hdfs.root`, looked at often and cheaply.

One question tells whether any folder has come or gone: how many there are. Only then each schema
revision's are counted, and where that number has changed its folders are listed; days that did not
change are not. What comes and goes in the same moment is found by a full look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from elfaust.names import FolderNames
from elfaust.settings import Settings
from elfaust.settings.together import PARTITION_PATH
from elfaust.sinks.parquet.file_names import HIDDEN, OWN_FOLDERS
from elfaust.storage import Storage

#: Year, month, day and hour.
Hour = tuple[int, ...]
LEVELS = ("year", "month", "day", "hour")
#: `006` is another folder than `6`, and Hive finds no rows in it.
NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")


def partition_name(hour: Hour) -> str:
    """Return a partition's name, as `year=2015/month=6/day=1/hour=5`."""
    return "/".join(f"{level}={number}" for level, number in zip(LEVELS, hour, strict=True))


@dataclass
class HourFolders:
    """The hours of one schema revision's folder, and what lies there that is none of an hour."""

    hours: set[Hour] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)


class Looked(NamedTuple):
    """The folders of schema revisions by their paths, and which have changed lately."""

    folders: dict[str, HourFolders]
    changed: set[str]


@dataclass
class _Known:
    """What the last look found of a schema revision's folder."""

    count: int = -1
    found: HourFolders = field(default_factory=HourFolders)
    #: The hours of each day, and when the day's folder had changed.
    days: dict[str, tuple[int, HourFolders]] = field(default_factory=dict)


def folders_of_schemas(settings: Settings, storage: Storage) -> list[str]:
    """Return the folders in which those of years are; raises ServerAway."""
    names = FolderNames(settings)
    found = [""]
    for level in range(names.depth):
        found = [
            f"{path}/{name}"
            for path in found
            for name in storage.folders(f"{names.root}{path}")
            if not (level == 0 and name in OWN_FOLDERS)
        ]
    pattern = pattern_of_schemas(settings)
    # Only below a table's folder does Hive pass over names that begin with `_`.
    return sorted(
        path
        for path in (f"{names.root}{path}" for path in found)
        if pattern.fullmatch(path) or not _is_below_hidden(path.removeprefix(names.root))
    )


def pattern_of_schemas(settings: Settings) -> re.Pattern[str]:
    """Return what matches the paths of schema revisions' folders, by `schema` and `revision`."""
    head = PARTITION_PATH.sub("", settings.hdfs.path)
    text = re.escape(f"{FolderNames(settings).root}/{head}")
    text = text.replace(re.escape("{schema}"), "(?P<schema>[a-z0-9_-]{1,63})")
    return re.compile(text.replace(re.escape("{revision}"), "(?P<revision>[1-9][0-9]{0,18})"))


def _is_below_hidden(path: str) -> bool:
    return any(name.startswith(HIDDEN) for name in path.split("/"))


class Look:
    """Looks at the folders. Its methods raise ServerAway."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        names = FolderNames(settings)
        self._root = names.root
        self._settings = settings
        self._storage = storage
        self._threads = settings.hdfs.writers
        self._count = -1
        self._known: dict[str, _Known] = {}

    def look(self, full: bool = False) -> Looked:
        """Return the folders; `full` looks into each, whether their number has changed or not."""
        count = self._storage.count_folders(self._root)
        if count == self._count and not full:
            return self._looked(set())
        with ThreadPoolExecutor(self._threads) as threads:
            paths = folders_of_schemas(self._settings, self._storage)
            changed = {
                path
                for path, is_changed in zip(
                    paths, threads.map(lambda path: self._update(path, full), paths), strict=True
                )
                if is_changed
            }
        for gone in self._known.keys() - set(paths):
            del self._known[gone]
        self._count = count
        return self._looked(changed)

    def _looked(self, changed: set[str]) -> Looked:
        return Looked({path: of.found for path, of in self._known.items()}, changed)

    def _update(self, path: str, full: bool) -> bool:
        known = self._known.setdefault(path, _Known())
        count = self._storage.count_folders(path)
        if count == known.count and not full:
            return False
        found, days = HourFolders(), dict[str, tuple[int, HourFolders]]()
        self._add(path, (), found, known.days, days)
        is_changed = known.count < 0 or found != known.found
        if not is_changed and known.days and count != known.count:
            # Something has changed in the very moment of the last look.
            found, days = HourFolders(), {}
            self._add(path, (), found, {}, days)
            is_changed = found != known.found
        known.count, known.found, known.days = count, found, days
        return is_changed

    def _add(
        self,
        path: str,
        numbers: Hour,
        found: HourFolders,
        old: dict[str, tuple[int, HourFolders]],
        new: dict[str, tuple[int, HourFolders]],
    ) -> None:
        """Add what is in a folder of a schema revision, a year or a month."""
        for inner, number, changed in self._numbered(path, LEVELS[len(numbers)], found):
            below = (*numbers, number)
            if len(below) < len(LEVELS) - 1:
                self._add(inner, below, found, old, new)
                continue
            at, day = old.get(inner, (-1, HourFolders()))
            if at != changed:
                day = HourFolders()
                hours = self._numbered(inner, LEVELS[-1], day)
                day.hours |= {(*below, hour) for _, hour, _ in hours}
            new[inner] = changed, day
            found.hours |= day.hours
            found.strange += day.strange

    def _numbered(
        self, path: str, level: str, found: HourFolders
    ) -> Iterator[tuple[str, int, int]]:
        """Yield the folders of a level, their numbers, and when they changed."""
        for name, changed in sorted(self._storage.folders(path).items()):
            key, _, number = name.partition("=")
            if key == level and NUMBER.fullmatch(number):
                yield f"{path}/{name}", int(number), changed
            elif not name.startswith(HIDDEN):
                found.strange.append(f"{path}/{name}")
