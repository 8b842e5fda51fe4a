"""From raw lines to verdicts: parse, complete the capsule, find the schema, validate."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from elfaust import hints
from elfaust.capsule import complete
from elfaust.dialect import DIALECTS
from elfaust.errors import EventFault
from elfaust.event_error import error_event, is_revision
from elfaust.json_text import encode
from elfaust.lines import LineParser, whose
from elfaust.registry import NAME, Registry
from elfaust.settings import Settings
from elfaust.types import Record, SchemaKey

#: Lines judged before the loop gets a turn: heartbeats must not wait for a large batch.
LINES_A_TURN = 250
#: EventLogging took these for schema names and then failed to fetch them.
NOT_FETCHED = "<SchemaError: 'Schema fetch failed: not in the repository'>"
NAME_OF_OLD = re.compile(r"\A[A-Za-z0-9_./-]{1,63}\Z")


class Parser(Protocol):
    """What makes capsules of lines."""

    def parse(self, line: bytes) -> dict[str, Any]:
        """Return the capsule of a line; raises EventFault, code `processor`."""


class Parsed(NamedTuple):
    """A line's capsule, complete, and its user agent as it was sent."""

    capsule: dict[str, Any]
    user_agent: str | None


class Verdict(NamedTuple):
    """What becomes of a line: an event of `key`, or with a `fault` an EventError that names it."""

    key: SchemaKey
    value: bytes
    fault: EventFault | None = None
    #: The user agent as it was sent, where processor.keep_user_agent has the schema.
    user_agent: str | None = None

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """The headers that the record gets besides those of its source."""
        agent = self.user_agent
        return () if agent is None else (("userAgent", agent.encode("utf-8", "replace")),)

    @property
    def code(self) -> str:
        """The fault's code, empty for an event."""
        return "" if self.fault is None else self.fault.code


class Judge:
    """Judges the lines of one format, by the dialect of the settings."""

    def __init__(
        self, line_format: str, registry: Registry, settings: Settings, parser: Parser | None = None
    ) -> None:
        """Compile a format, that of the dialect if it is empty; `parser` takes its place.

        Raises ValueError for a format that is none.
        """
        self._dialect = DIALECTS[settings.schemas.compatibility]
        line_format = line_format or self._dialect.client_format
        self._parser = parser or LineParser(line_format, settings.processor.max_keys)
        self._registry = registry
        self._settings = settings.processor
        self._keep_user_agent = set(settings.processor.keep_user_agent.replace(",", " ").split())

    async def judge(self, records: Sequence[Record], origin: str) -> list[Verdict]:
        """Return a verdict for each record of a raw topic, in their order.

        `origin` is the topic and lane, for the errors' identities. Schemas that are not known are
        looked up once for many records.
        """
        verdicts: list[Verdict] = []
        for start in range(0, len(records), LINES_A_TURN):
            verdicts += await self._judge(records[start : start + LINES_A_TURN], origin)
            await asyncio.sleep(0)
        return verdicts

    async def _judge(self, records: Sequence[Record], origin: str) -> list[Verdict]:
        parsed = [self._parse(record.value) for record in records]
        await self._registry.resolve(
            {
                SchemaKey(found.capsule["schema"], found.capsule["revision"])
                for found in parsed
                if isinstance(found, Parsed)
            }
        )
        return [
            self._verdict(record, found, origin)
            for record, found in zip(records, parsed, strict=True)
        ]

    def _parse(self, line: bytes) -> Parsed | EventFault:
        limit = self._settings.max_line_bytes
        if len(line) > limit:
            message = (
                f"a line of {len(line)} bytes is longer than processor.max_line_bytes, {limit}"
            )
            return EventFault("processor", message, *whose(line[:limit]), hint=hints.TOO_LARGE)
        try:
            capsule = self._parser.parse(line)
            agent = complete(capsule, self._dialect)
            check_key(capsule)
            return Parsed(capsule, agent)
        except EventFault as fault:
            return fault
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return EventFault("processor", repr(error), *whose(line), hint=hints.UNREADABLE)

    def _verdict(self, record: Record, found: Parsed | EventFault, origin: str) -> Verdict:
        if isinstance(found, EventFault):
            return self._error(record, found, origin)
        capsule = found.capsule
        key = SchemaKey(capsule["schema"], capsule["revision"])
        try:
            schema = self._registry.get(key)
            if schema is None:
                reason = self._registry.reason(key)
                message = f"<SchemaError: 'Schema fetch failed: {reason}'>"
                raise EventFault("processor", message, hint=hints.UNKNOWN_SCHEMA)
            schema.validator.validate(capsule)
            agent = found.user_agent if key.schema in self._keep_user_agent else None
            return Verdict(key, _written(capsule), user_agent=agent)
        except EventFault as fault:
            fault.schema, fault.revision = key
            return self._error(record, fault, origin)

    def _error(self, record: Record, fault: EventFault, origin: str) -> Verdict:
        revision = fault.revision if is_revision(fault.revision) else -1
        value = error_event(
            record.value,
            fault,
            origin=origin,
            offset=record.offset,
            timestamp=record.timestamp,
            settings=self._settings,
        )
        return Verdict(SchemaKey(str(fault.schema), revision), value, fault)


def check_key(capsule: dict[str, Any]) -> None:
    """Refuse a capsule whose schema and revision cannot name a schema (EventLogging's rules)."""
    if "schema" not in capsule or "revision" not in capsule:
        message = "scid could not be extracted from event."
        raise EventFault("validation", message, hint=hints.NO_KEY)
    name, revision = capsule["schema"], capsule["revision"]
    if type(revision) is not int and not isinstance(revision, bool):
        raise _no_key(f"Invalid revision ID type: {type(revision)}", name, revision, "revision")
    if revision < 1 and revision is not False:
        raise _no_key(f"Invalid revision ID {revision}", name, revision, "revision")
    if not isinstance(name, str) or not NAME_OF_OLD.match(name):
        raise _no_key(f"Invalid schema name: {name}", name, revision, "schema")
    if not NAME.match(name) or isinstance(revision, bool):
        # EventLogging took these, True for 1, and then failed to fetch them.
        raise EventFault("processor", NOT_FETCHED, name, revision, hint=hints.UNKNOWN_SCHEMA)


def _no_key(message: str, name: object, revision: Any, field: str) -> EventFault:
    return EventFault("validation", message, name, revision, f"$.{field}", hints.NO_KEY)


def _written(capsule: dict[str, Any]) -> bytes:
    try:
        return encode(capsule)
    except ValueError as error:
        # Only the fields beside the JSON can still hold what is no text.
        raise EventFault("processor", f"not UTF-8: {error}", hint=hints.UNREADABLE) from error
