"""From raw lines to verdicts: parse, complete the capsule, find the schema, validate."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from elfaust.capsule import complete
from elfaust.errors import EventFault
from elfaust.event_error import error_event, is_revision
from elfaust.lines import LineParser, whose
from elfaust.registry import NAME, Registry
from elfaust.settings import Settings
from elfaust.types import Record, SchemaKey

#: Lines judged before the loop gets a turn: heartbeats must not wait for a large batch.
LINES_A_TURN = 500
#: EventLogging took these for schema names and then failed to fetch them.
NAME_OF_OLD = re.compile(r"\A[A-Za-z0-9_./-]{1,63}\Z")


class Verdict(NamedTuple):
    """What becomes of a line: an event of `key`, or with a `code` an EventError that names it."""

    key: SchemaKey
    value: bytes
    code: str


class Judge:
    """Judges the lines of one format."""

    def __init__(self, line_format: str, registry: Registry, settings: Settings) -> None:
        self._parser = LineParser(line_format)
        self._registry = registry
        self._settings = settings.processor

    async def judge(self, records: Sequence[Record], origin: str) -> list[Verdict]:
        """Return a verdict for each record of a raw topic, in their order.

        `origin` is the topic and lane, for the errors' identities. Schemas that are not known are
        looked up once for all records.
        """
        parsed: list[dict[str, Any] | EventFault] = []
        for number, record in enumerate(records, 1):
            parsed.append(self._parse(record.value))
            if not number % LINES_A_TURN:
                await asyncio.sleep(0)
        keys = {
            SchemaKey(capsule["schema"], capsule["revision"])
            for capsule in parsed
            if isinstance(capsule, dict)
        }
        await self._registry.resolve(keys)
        verdicts = []
        for number, (record, capsule) in enumerate(zip(records, parsed, strict=True), 1):
            verdicts.append(self._verdict(record, capsule, origin))
            if not number % LINES_A_TURN:
                await asyncio.sleep(0)
        return verdicts

    def _parse(self, line: bytes) -> dict[str, Any] | EventFault:
        limit = self._settings.max_line_bytes
        if len(line) > limit:
            message = f"a line of {len(line)} bytes is longer than {limit}"
            return EventFault("processor", message, *whose(line[:limit]))
        try:
            capsule = self._parser.parse(line)
            complete(capsule)
            check_key(capsule)
            return capsule
        except EventFault as fault:
            return fault
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return EventFault("processor", repr(error), *whose(line))

    def _verdict(
        self, record: Record, capsule: dict[str, Any] | EventFault, origin: str
    ) -> Verdict:
        if isinstance(capsule, EventFault):
            return self._error(record, capsule, origin)
        key = SchemaKey(capsule["schema"], capsule["revision"])
        try:
            schema = self._registry.get(key)
            if schema is None:
                reason = self._registry.reason(key)
                message = f"<SchemaError: 'Schema fetch failed: {reason}'>"
                raise EventFault("processor", message)
            schema.validator.validate(capsule)
            return Verdict(key, serialise(capsule), "")
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
        return Verdict(SchemaKey(str(fault.schema), revision), value, fault.code)


def check_key(capsule: dict[str, Any]) -> None:
    """Refuse a capsule whose schema and revision cannot name a schema (EventLogging's rules)."""
    if "schema" not in capsule or "revision" not in capsule:
        raise EventFault("validation", "scid could not be extracted from event")
    name, revision = capsule["schema"], capsule["revision"]
    if isinstance(revision, bool):
        # Python took True for 1, so EventLogging went to fetch it.
        message = "<SchemaError: 'Schema fetch failed: not a revision'>"
        raise EventFault("processor", message, str(name))
    if type(revision) is not int:
        message = f"Invalid revision ID type: {type(revision)}"
        raise EventFault("validation", message, str(name), revision)
    if revision < 1:
        raise EventFault("validation", f"Invalid revision ID {revision}", str(name), revision)
    if isinstance(name, str) and not NAME.match(name) and NAME_OF_OLD.match(name):
        message = "<SchemaError: 'Schema fetch failed: not a schema name'>"
        raise EventFault("processor", message, name, revision)
    if not isinstance(name, str) or not NAME.match(name):
        raise EventFault("validation", f"Invalid schema name: {name}", str(name), revision)


def serialise(capsule: dict[str, Any]) -> bytes:
    """Return a capsule as JSON.

    Raises EventFault for values that JSON, MySQL and Parquet cannot all hold.
    """
    try:
        return orjson.dumps(capsule)
    except (TypeError, ValueError) as error:
        raise EventFault("validation", f"cannot be stored: {error}") from error
