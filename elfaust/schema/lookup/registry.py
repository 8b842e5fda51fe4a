"""Schemas by name and revision: from a folder, from what the wiki sent before, or from the wiki.

Only a definite answer is a verdict: a schema, or that there is none. What is neither is asked
again, in the background, and holds nobody up but who needs it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from elfaust.boundary import unforeseen
from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.metrics.table import LOOKUPS, UNANSWERED
from elfaust.metrics.values import count
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.background import BackgroundLookups, Trouble
from elfaust.schema.lookup.cache import SchemaCache
from elfaust.schema.lookup.folder import NAME, SchemaFolder, is_possible
from elfaust.schema.lookup.parsing import parse_schema, parse_wiki_schema
from elfaust.schema.lookup.reload import Reload
from elfaust.schema.lookup.state import NOWHERE, UNTOLD, Kind, Schema, State
from elfaust.schema.lookup.wiki import SchemaWiki
from elfaust.settings import Schemas, Settings, state_folder

__all__ = ["NAME", "Kind", "Registry", "Schema", "State"]

#: Schemas that are remembered as not found: lines may name any.
MAX_RECENT = 100_000
#: Seconds for which a folder that cannot be read is not read again, and the least for which a
#: wiki's "no" is believed: who asked for it must have the time to see it.
LEAST_SECONDS = 1.0
#: A wiki that does not answer may take one part in so many of a sink's time.
AWAY_SHARE = 10


class Registry:
    """Finds schemas. Only `find` may be called from any thread; all else is of one event loop."""

    def __init__(self, settings: Schemas, state: Path | None = None) -> None:
        """Look into the folder of the settings; keep what the wiki tells under `state`, if any."""
        self._settings = settings
        self._folder = SchemaFolder(settings.folder)
        #: The schemas that are known by now; to be changed here and by `reload` alone.
        self.found: dict[SchemaKey, State] = {}
        #: What was not found, until when, as `time.monotonic` has it; the oldest first.
        self._recent: dict[SchemaKey, tuple[float, State]] = {}
        self._wiki = SchemaWiki(settings)
        wiki = settings.wiki_url
        self._cache = SchemaCache(state, wiki) if state and wiki else None
        self._lookups = BackgroundLookups(self._look_up, self._wiki.session, settings)
        self._finding = threading.Lock()
        #: Until when `find` does not ask the wiki, and why; and when it may ask again at all.
        self._away = (0.0, "")
        self._next_turn = 0.0
        self.reload = Reload(
            settings.reload, self._folder.path, self.found, self._recent, self._local
        )

    @classmethod
    def of_workers(cls, settings: Settings) -> Registry:
        """Return a registry that also knows the schemas that workers of this machine were sent."""
        return cls(settings.schemas, state_folder(settings))

    def known(self) -> list[SchemaKey]:
        """Return the schema revisions of the folder."""
        return self._folder.known()

    def state(self, key: SchemaKey) -> State:
        """Return what is known of a schema; never waits for the wiki.

        Looks into the folder where it has not done so for `schemas.negative_ttl` seconds.
        """
        found = self.found.get(key)
        if found is not None:
            return found
        until, state = self._recent.get(key, (0.0, UNTOLD))
        if time.monotonic() >= until:
            state = self._remember(key, self._local(key))
        return State(Kind.ASKING, reason=self._lookups.why(key)) if state is UNTOLD else state

    def get(self, key: SchemaKey) -> Schema | None:
        """Return a schema where it is known; never waits for the wiki."""
        return (self.found.get(key) or self.state(key)).schema

    def reason(self, key: SchemaKey) -> str:
        """Say why a schema is not known."""
        return self.state(key).reason

    def ask(self, keys: Iterable[SchemaKey]) -> None:
        """Have those of which nothing definite is known looked up in the background.

        Returns at once. The most wanted go first: each mention of a key, in this call or another,
        is one more wish for it. One that nobody has asked for in ten minutes is tried no more.
        """
        self._lookups.ask([key for key in keys if self.state(key).kind is Kind.ASKING])

    async def wait_changed(self, timeout: float) -> None:
        """Wait until a look-up has ended, with an answer or none, or the time (s) is over.

        What has ended before the call does not end it: look at the states first.
        """
        await self._lookups.wait_changed(timeout)

    def answered(self) -> set[SchemaKey]:
        """Return the schemas that have had a definite answer since the last call."""
        return self._lookups.answered()

    async def resolve(self, keys: Iterable[SchemaKey]) -> None:
        """Have schemas looked up and wait for it; raises nothing.

        Gives up where each was tried, or nobody had an answer for `schemas.wiki_timeout` seconds.
        """
        waiting = list(dict.fromkeys(keys))
        self.ask(waiting)
        longest = self._settings.wiki_timeout
        while waiting := [key for key in waiting if self.state(key).kind is Kind.ASKING]:
            away = self._lookups.away_for()
            if away >= longest or (not away and all(map(self._lookups.tried, waiting))):
                return
            await self.wait_changed(longest - away)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._lookups.close()

    def find(self, key: SchemaKey) -> Schema:
        """Return a schema that the processor has found, from wherever it is; blocks.

        Looks into the folder, and asks the wiki, each time. Raises SchemaAway where this
        machine does not have it yet, SchemaUnfit where events cannot be validated by it.
        """
        state = self.found.get(key) or self._local(key)
        if state is UNTOLD:
            # One at a time: what waits for a wiki that does not answer then waits once.
            with self._finding:
                state = self.found.get(key) or self._ask_now(key)
        if state.schema is not None:
            return state.schema
        if state.kind is Kind.UNFIT:
            raise SchemaUnfit(key, state.reason)
        cure = f"put {key.schema}/{key.revision}.json into {self._folder.path} on this machine"
        if not self._settings.wiki_url:
            cure += ", or set schemas.wiki_url"
        raise SchemaAway(key, f"{state.reason}; {cure}")

    def _local(self, key: SchemaKey) -> State:
        """Return what this machine knows, UNTOLD where the wiki is to be asked."""
        if not is_possible(key):
            return NOWHERE
        try:
            body = self._folder.read(key)
            if body is None and not self._settings.wiki_url and not self._folder.path.is_dir():
                return State(Kind.ASKING, reason=f"schemas.folder {self._folder.path} is not there")
        except IsADirectoryError:
            return State(Kind.MISSING, reason=f"{key.revision}.json is not a file", is_broken=True)
        except OSError as error:
            return State(Kind.ASKING, reason=f"schemas.folder cannot be read: {error}")
        if body is not None:
            return self._read(key, body)
        if self._cache is not None:
            # A file that was damaged, or is not a schema, is fetched again.
            with suppress(OSError, ValueError):
                return self._compiled(key, parse_wiki_schema(self._cache.read(key)))
        return UNTOLD if self._settings.wiki_url else NOWHERE

    def _read(self, key: SchemaKey, body: bytes) -> State:
        try:
            return self._compiled(key, parse_schema(body))
        except ValueError as error:
            return State(
                Kind.MISSING, reason=f"{key.revision}.json is not a schema: {error}", is_broken=True
            )

    def _compiled(self, key: SchemaKey, event: dict[str, Any]) -> State:
        schema = Schema(key, event, DIALECTS[self._settings.compatibility])
        try:
            if not isinstance(event.get("properties", {}), dict):
                raise ValueError("properties are not an object")
            _ = schema.validator
        except ValueError as error:
            return State(Kind.UNFIT, reason=f"events cannot be validated by it: {error}")
        except Exception as error:
            return State(Kind.UNFIT, reason=unforeseen(error, "processor", *key).message)
        return self.found.setdefault(key, State(Kind.FOUND, schema))

    def _remember(self, key: SchemaKey, state: State, least: float = 0.0) -> State:
        """Keep for a while that a schema is not found; return the state."""
        if state.schema is None and is_possible(key):
            long = max(self._settings.negative_ttl, least)
            if state.kind is Kind.ASKING and state is not UNTOLD:
                long = LEAST_SECONDS
            self._recent.pop(key, None)
            if len(self._recent) >= MAX_RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[key] = time.monotonic() + long, state
        return state

    async def _look_up(self, session: aiohttp.ClientSession, key: SchemaKey) -> Trouble | None:
        state, away = self._local(key), False
        if state is UNTOLD:
            state, away = await self._ask_wiki(session, key)
        count(LOOKUPS, 1, UNANSWERED if state.kind is Kind.ASKING else state.kind.value)
        if state.kind is Kind.ASKING:
            return Trouble(state.reason, of_all=away)
        self._remember(key, state, LEAST_SECONDS)
        return None

    async def _ask_wiki(self, session: aiohttp.ClientSession, key: SchemaKey) -> tuple[State, bool]:
        """Return what the wiki says, and whether it would say nothing of others either."""
        answer = await self._wiki.ask(session, key)
        if answer.event is None:
            kind = Kind.MISSING if answer.definite else Kind.ASKING
            return State(kind, reason=answer.reason), answer.away
        if self._cache is not None:
            # Before anybody judges by it: a restart must know it too, or a line has two verdicts.
            await asyncio.to_thread(self._cache.keep, key, answer.body)
        return self._compiled(key, answer.event), False

    def _ask_now(self, key: SchemaKey) -> State:
        until, why = self._away
        began = time.monotonic()
        if began < until:
            return State(Kind.ASKING, reason=why)
        time.sleep(max(0.0, self._next_turn - began))
        self._next_turn = time.monotonic() + 1 / self._settings.wiki_rate
        state, away = asyncio.run(self._ask_once(key))
        if away:
            now = time.monotonic()
            pause = max(LEAST_SECONDS, (now - began) * AWAY_SHARE)
            self._away = (now + pause, state.reason)
        return state

    async def _ask_once(self, key: SchemaKey) -> tuple[State, bool]:
        async with self._wiki.session() as session:
            return await self._ask_wiki(session, key)
