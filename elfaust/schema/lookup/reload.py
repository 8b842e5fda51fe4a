"""Schemas that change in their folder while somebody judges by them, as in profile beta.

The folder is compared with what it was before, at most once a second, by each file's name, size,
time and inode: what tells of changes to a file misses renames, links and other machines' writes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from elfaust.records import SchemaKey
from elfaust.schema.lookup.folder import REVISION, is_possible
from elfaust.schema.lookup.state import State

log = logging.getLogger(__name__)

#: Seconds between two looks at the folder.
LOOK_SECONDS = 1.0
#: Seconds for which a schema outlives its file's being none: somebody may be writing it.
SPOILED_SECONDS = 5.0


class Print(NamedTuple):
    """What a file has another one of once it was written, replaced or renamed."""

    size: int
    time_ns: int
    inode: int
    device: int


class Reload:
    """Reads schemas again whose file has changed; may be asked from any thread."""

    def __init__(
        self,
        on: bool,
        folder: Path,
        found: dict[SchemaKey, State],
        missing: dict[SchemaKey, tuple[float, State]],
        read: Callable[[SchemaKey], State],
    ) -> None:
        """With `on`, keep true what is `found`, and forget what is `missing` no longer.

        `read` reads a file anew and puts the schema that it has into `found`.
        """
        self.on, self._folder = on, folder
        self._found, self._missing, self._read = found, missing, read
        self._prints: dict[SchemaKey, Print] = {}
        if on:
            self._prints = self._look()
        self._gone = set[SchemaKey]()
        #: How often something has changed, whoever has looked.
        self.changes = 0
        self._next = time.monotonic() + LOOK_SECONDS
        self._looking = threading.Lock()
        #: Why the file of a schema is not what is judged by, and since when.
        self._spoiled: dict[SchemaKey, tuple[str, float]] = {}

    @property
    def spoiled(self) -> list[str]:
        """The schemas that are judged by as they were before their file was spoiled, and why."""
        return [
            f"schema {key.schema} {key.revision} is as it was before: {why}"
            for key, (why, _) in sorted(self._spoiled.items())
        ]

    def look(self, at_once: bool = False) -> set[SchemaKey]:
        """Return the schemas that have changed since the last look, a second ago or more.

        With `at_once` it looks whenever the last one was: who stores what somebody else has judged
        has to know at least the schema that was judged by.
        """
        if not self.on or (time.monotonic() < self._next and not at_once):
            return set()
        with self._looking:
            prints = self._look()
            self._next = time.monotonic() + LOOK_SECONDS
            missing = self._prints.keys() - prints.keys()
            # Some editors remove a file before they write it: it is gone at the second look.
            removed, self._gone = missing & self._gone, missing - self._gone
            changed = {key for key, found in prints.items() if self._prints.get(key) != found}
            self._prints = prints | {key: self._prints[key] for key in self._gone}
            found = {key for key in changed | removed if self._changed(key, key in removed)}
            found |= self._given_up()
            self.changes += bool(found)
            return found

    def _changed(self, key: SchemaKey, removed: bool) -> bool:
        """Take a change over; return whether events are judged by another schema than before."""
        was = self._found.pop(key, None)
        self._missing.pop(key, None)
        self._spoiled.pop(key, None)
        if removed:
            log.info("Schema %s, revision %d, has no file any longer.", *key)
            return was is not None
        if was is None:
            return True
        state = self._read(key)
        if state.schema is None:
            self._found[key] = was
            self._spoiled[key] = state.reason, time.monotonic()
            log.error("Schema %s, revision %d, is as it was before: %s", *key, state.reason)
            return False
        log.info("Schema %s, revision %d, was read again.", *key)
        return True

    def _given_up(self) -> set[SchemaKey]:
        """Forget the schemas whose file stays spoiled: who begins now knows no other.

        Whoever remembered one for longer would judge otherwise than the rest, for ever.
        """
        until = time.monotonic() - SPOILED_SECONDS
        found = {key for key, (_, since) in self._spoiled.items() if since <= until}
        for key in found:
            why, _ = self._spoiled.pop(key)
            self._found.pop(key, None)
            log.error("Schema %s, revision %d, is none any longer: %s", *key, why)
        return found

    def _look(self) -> dict[SchemaKey, Print]:
        prints: dict[SchemaKey, Print] = {}
        try:
            names = [entry.name for entry in os.scandir(self._folder) if entry.is_dir()]
        except OSError:
            # A folder that is away for a moment has removed nothing.
            return self._prints
        for name in names:
            prints |= self._of(name)
        return prints

    def _of(self, name: str) -> dict[SchemaKey, Print]:
        prints: dict[SchemaKey, Print] = {}
        # Files come and go: what is not seen now is at the next look.
        with suppress(OSError):
            for entry in os.scandir(self._folder / name):
                revision, _, kind = entry.name.partition(".")
                if kind != "json" or not REVISION.fullmatch(revision):
                    continue
                key = SchemaKey(name, int(revision))
                with suppress(OSError):
                    # Not the entry's own status, which may be that of a link.
                    of = Path(entry.path).stat()
                    prints[key] = Print(of.st_size, of.st_mtime_ns, of.st_ino, of.st_dev)
        return {key: found for key, found in prints.items() if is_possible(key)}
