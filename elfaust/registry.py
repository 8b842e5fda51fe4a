"""Schemas by name and revision: a folder, what the schema wiki has told before, then the wiki."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from elfaust.dialect import DIALECTS, LATEST, Dialect
from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.schema_cache import SchemaCache
from elfaust.settings import Schemas, Settings
from elfaust.types import SchemaKey
from elfaust.validation import CapsuleValidator
from elfaust.workers import state_folder

#: Before a name becomes a path, a URL, a topic or a table.
NAME = re.compile(r"\A[A-Za-z0-9_-]{1,63}\Z")
MAX_SCHEMA_BYTES = 1_000_000
#: Unknown schemas that are remembered as such: lines may name any.
MAX_MISSING = 100_000


class Schema:
    """One schema revision.

    `event` is the schema of the event as its authors wrote it, `dialect` the rules of what stands
    around the event.
    """

    def __init__(self, key: SchemaKey, event: dict[str, Any], dialect: Dialect = LATEST) -> None:
        self.key = key
        self.event = event
        self.dialect = dialect

    @cached_property
    def validator(self) -> CapsuleValidator:
        """What judges capsules whose event is of this schema revision."""
        return CapsuleValidator(self.event, self.dialect)


class Registry:
    """Finds schemas; what is not found stays unknown for `schemas.negative_ttl` seconds.

    For so long no other schema is asked for either where the wiki did not answer in time: each
    would be waited for as long.
    """

    def __init__(self, settings: Schemas, state: Path | None = None) -> None:
        """Look into the folder of the settings; keep what the wiki tells under `state`, if any."""
        folder = Path(settings.folder)
        if not folder.is_absolute() and not folder.is_dir():
            folder = Path(__file__).resolve().parent.parent / folder
        self._folder = folder
        self._settings = settings
        self._found: dict[SchemaKey, Schema] = {}
        self._missing: dict[SchemaKey, tuple[float, str]] = {}
        wiki = settings.wiki_url
        self._cache = SchemaCache(state, wiki) if state and wiki else None
        #: Until when the wiki is not asked, as `time.monotonic` has it, and why.
        self._closed = (0.0, "") if wiki else (float("inf"), "not in the repository")

    @classmethod
    def of_workers(cls, settings: Settings) -> Registry:
        """Return a registry that knows what the workers of this machine have been told."""
        return cls(settings.schemas, state_folder(settings))

    def known(self) -> list[SchemaKey]:
        """Return the schema revisions of the folder."""
        return sorted(
            SchemaKey(file.parent.name, int(file.stem))
            for file in self._folder.glob("*/*.json")
            if file.stem.isdecimal() and file.stem.isascii() and NAME.match(file.parent.name)
        )

    def get(self, key: SchemaKey) -> Schema | None:
        """Return a schema that needs no wiki, None where only that may know it."""
        schema = self._found.get(key)
        if schema is None and not self.is_missing(key):
            schema = self._read(key)
        return schema

    def find(self, key: SchemaKey) -> Schema:
        """Return a schema that the processor has found, from wherever it is; blocks.

        Raises SchemaUnfit when it is nowhere, SchemaAway when the schema wiki does not tell.
        """
        if self.get(key) is None:
            asyncio.run(self.resolve([key]))
        schema = self.get(key)
        if schema is not None:
            return schema
        if self._settings.wiki_url:
            raise SchemaAway(key, self.reason(key))
        raise SchemaUnfit(key, self.reason(key))

    def is_missing(self, key: SchemaKey) -> bool:
        """Tell whether a schema was looked for lately, in vain."""
        until, _ = self._missing.get(key, (0.0, ""))
        return time.monotonic() < until

    def reason(self, key: SchemaKey) -> str:
        """Say why a schema is unknown."""
        return self._missing.get(key, (0.0, "not in the repository"))[1]

    async def resolve(self, keys: Iterable[SchemaKey]) -> None:
        """Look for schemas in the schema wiki; after this `get` knows, or `reason` says why not.

        Raises nothing: a wiki that is away, slow or wrong leaves its schemas unknown for a while.
        """
        wanted = {
            key
            for key in keys
            if NAME.match(key.schema) and self.get(key) is None and not self.is_missing(key)
        }
        if not wanted:
            return
        until, why = self._closed
        if time.monotonic() < until:
            for key in wanted:
                self._miss(key, why)
            return
        wait = aiohttp.ClientTimeout(total=self._settings.wiki_timeout)
        async with aiohttp.ClientSession(timeout=wait) as session:
            await asyncio.gather(*(self._fetch(session, key) for key in wanted))

    def _read(self, key: SchemaKey) -> Schema | None:
        if not NAME.match(key.schema) or key.revision < 0:
            return None
        file = self._folder / key.schema / f"{key.revision}.json"
        try:
            return self._keep(key, file.read_bytes())
        except FileNotFoundError:
            return self._read_cache(key)
        except ValueError as error:
            self._miss(key, f"{file.name} is no schema: {error}")
            return None

    def _read_cache(self, key: SchemaKey) -> Schema | None:
        if self._cache is None:
            return None
        # A file that somebody has spoilt is fetched again.
        with suppress(OSError, ValueError):
            return self._keep(key, self._cache.read(key))
        return None

    async def _fetch(self, session: aiohttp.ClientSession, key: SchemaKey) -> None:
        query = {
            "action": "jsonschema",
            "title": key.schema,
            "revid": str(key.revision),
            "formatversion": "2",
        }
        try:
            async with session.get(
                self._settings.wiki_url, params=query, allow_redirects=False
            ) as answer:
                answer.raise_for_status()
                if answer.status != 200:
                    raise ValueError(f"status {answer.status}")
                body = await answer.content.read(MAX_SCHEMA_BYTES + 1)
                while chunk := await answer.content.read(MAX_SCHEMA_BYTES + 1):
                    body += chunk
                    if len(body) > MAX_SCHEMA_BYTES:
                        break
            self._keep(key, body)
            if self._cache is not None:
                await asyncio.to_thread(self._cache.keep, key, body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = f"the schema wiki gave none: {str(error) or 'timed out'}"
            self._miss(key, why)
            if isinstance(error, aiohttp.ClientConnectionError | TimeoutError):
                self._closed = (time.monotonic() + self._settings.negative_ttl, why)

    def _keep(self, key: SchemaKey, body: bytes) -> Schema:
        if len(body) > MAX_SCHEMA_BYTES:
            raise ValueError(f"larger than {MAX_SCHEMA_BYTES} bytes")
        event = orjson.loads(body)
        if not isinstance(event, dict) or "error" in event or not _is_object_schema(event):
            raise ValueError("not the schema of an object")
        schema = Schema(key, event, DIALECTS[self._settings.compatibility])
        _ = schema.validator
        self._found[key] = schema
        self._missing.pop(key, None)
        return schema

    def _miss(self, key: SchemaKey, reason: str) -> None:
        if len(self._missing) >= MAX_MISSING:
            self._missing.clear()
        self._missing[key] = (time.monotonic() + self._settings.negative_ttl, reason)


def _is_object_schema(event: dict[str, Any]) -> bool:
    return event.get("type", "object") == "object" and isinstance(event.get("properties", {}), dict)
