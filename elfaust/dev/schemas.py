"""The folder of schemas while somebody writes them: what is new, changed, or no schema."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from elfaust.dev.said import Said
from elfaust.records import SchemaKey
from elfaust.schema.lookup import reload
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings

AWAY = "{folder} is no folder now: events are judged by the schemas that were read from it"


class Schemas:
    """Looks each second at the files by which a registry judges."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._registry = registry
        self.folder = SchemaFolder(settings.schemas.folder).path
        #: By what each schema is judged, or why it is not.
        self._known: dict[SchemaKey, Schema | str] = {}
        self._spoiled: list[str] = []
        self._has_looked = self._is_away = False

    def look(self) -> Iterator[Said]:
        """Yield what is to say of files that are not as they were at the last look."""
        self._registry.reload.look()
        was_away, self._is_away = self._is_away, not self.folder.is_dir()
        if self._is_away:
            # A folder that is away has removed nothing: see Reload.
            if not was_away:
                yield Said(AWAY.format(folder=self.folder), is_trouble=True)
            return
        if was_away:
            yield Said(f"{self.folder} is there again")
        known = {key: self._of(key) for key in self._registry.known()}
        for key, found in known.items():
            before = self._known.get(key)
            if found == before:
                continue
            if isinstance(found, str):
                yield Said(f"{self._file(key)}: {found}", is_trouble=True)
            elif self._has_looked:
                yield Said(f"{self._file(key)} was read{' again' if before else ''}")
        for key in self._known.keys() - known.keys():
            yield Said(f"{self._file(key)} is gone")
        spoiled = self._registry.reload.spoiled
        yield from (Said(text, True) for text in spoiled if text not in self._spoiled)
        self._known, self._spoiled, self._has_looked = known, spoiled, True

    def __len__(self) -> int:
        return sum(not isinstance(found, str) for found in self._known.values())

    async def watch(self, tell: Callable[[Said], None]) -> None:
        """Tell what changes, until cancelled."""
        # It is said here, and need not be in a log as well.
        log = logging.getLogger(reload.__name__)
        log.disabled = True
        try:
            while True:
                await asyncio.sleep(reload.LOOK_SECONDS)
                for said in self.look():
                    tell(said)
        finally:
            log.disabled = False

    def _of(self, key: SchemaKey) -> Schema | str:
        state = self._registry.state(key)
        return state.schema or state.reason

    def _file(self, key: SchemaKey) -> str:
        return str(self.folder / key.schema / f"{key.revision}.json")
