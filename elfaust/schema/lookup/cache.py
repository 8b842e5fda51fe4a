"""Schemas of the schema wiki on disk, so that a restart knows them while the wiki is away.

A revision never changes: a file, `<Name>/<revision>.json`, is right for as long as it is there.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import quote

from elfaust.records import SchemaKey
from elfaust.schema.lookup.folder import SchemaFolder

log = logging.getLogger(__name__)


class SchemaCache:
    """The schemas of one wiki, in its own folder under `state`: those of another would differ."""

    def __init__(self, state: Path, wiki_url: str) -> None:
        self._folder = state / "schemas" / quote(wiki_url, safe="")

    def read(self, key: SchemaKey) -> bytes:
        """Return what was kept; raises OSError where nothing was."""
        return self._file(key).read_bytes()

    def known(self) -> list[SchemaKey]:
        """Return the schema revisions that were kept."""
        return SchemaFolder(str(self._folder)).known()

    def keep(self, key: SchemaKey, body: bytes) -> None:
        """Keep a schema, complete or not at all; logs a warning where the disk refuses it."""
        file = self._file(key)
        draft = file.with_suffix(f".{os.getpid()}.tmp")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as out:
                out.write(body)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(file)
        except OSError as error:
            log.warning("Schema %s, revision %d could not be written to the cache: %s", *key, error)

    def _file(self, key: SchemaKey) -> Path:
        return self._folder / key.schema / f"{key.revision}.json"
