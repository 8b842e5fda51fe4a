"""The verdict on a raw line: an event that fits its schema, or an EventError that says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from elfaust.boundary import check_batch, unforeseen
from elfaust.errors import EventFault
from elfaust.events.bounds import bound_faults, check_bounds
from elfaust.events.capsule import written
from elfaust.events.event_error import error_event, is_revision
from elfaust.events.lines import LineParser
from elfaust.events.parsing import Parsed, Parser, parse_line, read_capsule
from elfaust.events.storable import Limiting, Storable
from elfaust.records import Record, SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import NAME, Kind, Registry, Schema
from elfaust.settings import Settings
from elfaust.words import hints

#: Lines whose schemas are looked up together.
LINES_AT_ONCE = 250
#: What a capsule that is right holds beside its time.
EXAMPLE = {
    "schema": "Example",
    "revision": 1,
    "event": {},
    "wiki": "w",
    "webHost": "w",
    "recvFrom": "localhost",
    "seqId": 1,
}
#: That time, by how a dialect calls it.
EXAMPLE_TIMES = {"dt": "2020-09-13T12:26:40Z", "timestamp": 1_600_000_000}

#: Why a schema cannot be had, for people.
NO_SCHEMA = "there is no such schema"
UNFIT = "the schema is not right"


class Verdict(NamedTuple):
    """What becomes of a line: an event of `key`, or with a `fault` an EventError that names it."""

    key: SchemaKey
    value: bytes
    fault: EventFault | None = None
    #: The user agent as it was sent, where processor.keep_user_agent has the schema.
    user_agent: str | None = None
    #: Whether an EventError names a schema that no registry knew: another time it may.
    unknown: bool = False

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

    #: Whether a refused event is not shown to `jsonschema` where its fault is plain.
    _plainly = False

    def __init__(
        self,
        line_format: str,
        registry: Registry,
        settings: Settings,
        stores: Collection[Limiting],
        parser: Parser | None = None,
    ) -> None:
        """Compile a format, that of the dialect if it is empty; `parser` takes its place.

        What one of the `stores` cannot hold is refused.

        Raises ValueError for a format that is none.
        """
        self._dialect = DIALECTS[settings.schemas.compatibility]
        line_format = line_format or self._dialect.client_format
        self._parser = parser or LineParser(line_format, settings.processor.max_keys)
        self._registry = registry
        self._settings = settings.processor
        self._storable = Storable(stores)
        self._keep_user_agent = set(settings.processor.keep_user_agent.replace(",", " ").split())

    async def judge(self, records: Sequence[Record], origin: str) -> list[Verdict]:
        """Return a verdict for each record of a raw topic, in their order.

        `origin` is the topic and lane, for the errors' identities. Schemas that are not known are
        looked up once for many records, and waited for; a worker does not wait (lanes/raw_lane.py).
        """
        verdicts: list[Verdict] = []
        self._registry.reload.look()
        for start in range(0, len(records), LINES_AT_ONCE):
            part = records[start : start + LINES_AT_ONCE]
            parsed = [self.parse(record) for record in part]
            await self._registry.resolve({p.key for p in parsed if isinstance(p, Parsed)})
            verdicts += [
                self.verdict(record, found, origin) or self.without_schema(record, found, origin)
                for record, found in zip(part, parsed, strict=True)
            ]
            await asyncio.sleep(0)
        self.check(verdicts)
        return verdicts

    def check(self, verdicts: Iterable[Verdict]) -> None:
        """Raise what all lines of a batch have failed by, where a line that is right fails too."""
        check_batch([verdict.fault for verdict in verdicts], self._judge_example)

    def read(self, record: Record, origin: str) -> Verdict | Parsed | EventFault:
        """Return what `verdict` takes, or at once what that would give."""
        return self.parse(record)

    def parse(self, record: Record) -> Parsed | EventFault:
        """Return the complete capsule of a line, or why it has none."""
        most = self._settings.max_line_bytes
        return parse_line(self._parser, self._dialect, record.value, most)

    def verdict(self, record: Record, found: Parsed | EventFault, origin: str) -> Verdict | None:
        """Return the verdict on a line that was parsed, None where its schema is not known."""
        if isinstance(found, EventFault):
            return self._refuse(record, found, origin, self._names_unknown(found))
        schema = self._registry.get(found.key)
        if schema is None:
            state = self._registry.state(found.key)
            if state.kind is Kind.UNFIT:
                return self._refuse(record, _no_schema(found.key, state.reason, UNFIT), origin)
            if state.schema is None:
                return None
            schema = state.schema
        try:
            return self._accept(schema, found)
        except EventFault as error:
            fault = error
        except Exception as error:
            fault = unforeseen(error, "processor")
        fault.schema, fault.revision = found.key
        return self._refuse(record, fault, origin)

    def without_schema(
        self,
        record: Record,
        found: Parsed | EventFault,
        origin: str,
        given_up: bool | None = None,
    ) -> Verdict:
        """Return the EventError of a line whose schema is not known.

        Its code is `processor` where nobody has the schema; where nobody has said so, the line is
        given up with `unresolved`. `given_up` is which of these it was before.
        """
        if isinstance(found, EventFault):
            return self._refuse(record, found, origin, unknown=True)
        kind, _, reason, is_broken = self._registry.state(found.key)
        if kind is Kind.ASKING if given_up is None else given_up:
            message = f"<SchemaError: 'Schema fetch failed: no answer in time, {reason}'>"
            cause = f"nobody could say in time whether there is this schema: {reason}"
            fault = EventFault(
                "unresolved", message, *found.key, hint=hints.UNRESOLVED, cause=cause
            )
        else:
            fault = _no_schema(found.key, reason or "not in the repository")
            if is_broken:
                fault.hint = hints.BROKEN_FILE
        return self._refuse(record, fault, origin, unknown=True)

    def _accept(self, schema: Schema, found: Parsed) -> Verdict:
        """Return the event of a line; raises EventFault where it does not fit its schema."""
        capsule = found.capsule
        calm = schema.validator.validate(capsule, self._plainly)
        value = written(capsule)
        check_bounds(capsule, len(value), self._dialect, calm)
        self._storable.of(schema)(capsule["event"], len(value), calm)
        key = schema.key
        agent = found.user_agent if key.schema in self._keep_user_agent else None
        return Verdict(key, value, user_agent=agent)

    def unstorable(self, schema: Schema, capsule: dict[str, Any]) -> Iterator[EventFault]:
        """Yield why no store holds an event that fits its schema, the verdict's own fault first."""
        size = len(written(capsule))
        yield from bound_faults(capsule, size, self._dialect)
        if isinstance(capsule["event"], dict):
            yield from self._storable.of(schema).faults(capsule["event"])

    def too_long(self, record: Record, event: Verdict, origin: str, most: int) -> Verdict:
        """Return the EventError of a line whose event is over the `most` bytes of its topic."""
        message = f"an event of {len(event.value)} bytes is longer than its topic takes, {most}"
        fault = EventFault("processor", message, *event.key, hint=hints.TOO_LARGE)
        return self._refuse(record, fault, origin)

    def not_taken(self, record: Record, key: SchemaKey, origin: str, why: str) -> Verdict:
        """Return the EventError of a line whose event no topic took in time."""
        fault = EventFault("unresolved", why, *key, hint=hints.NOT_TAKEN)
        return self._refuse(record, fault, origin, unknown=True)

    def _names_unknown(self, fault: EventFault) -> bool:
        """Tell whether a fault names what may be a schema, and no registry knows it by now."""
        name, revision = fault.schema, fault.revision
        if not isinstance(name, str) or not NAME.match(name) or not is_revision(revision):
            return False
        if revision < 1:
            return False
        return self._registry.state(SchemaKey(name, revision)).kind in (Kind.MISSING, Kind.ASKING)

    def _refuse(
        self, record: Record, fault: EventFault, origin: str, unknown: bool = False
    ) -> Verdict:
        revision = fault.revision if is_revision(fault.revision) else -1
        value = error_event(
            record.value,
            fault,
            origin=origin,
            offset=record.offset,
            timestamp=record.timestamp,
            settings=self._settings,
            unknown=unknown,
        )
        # Its frames know the whole batch, in a circle that the rare collector would find late.
        fault.__traceback__ = fault.__context__ = fault.__cause__ = None
        return Verdict(SchemaKey(str(fault.schema), revision), value, fault, unknown=unknown)

    def _judge_example(self) -> None:
        time = self._dialect.uuid_time
        line = self._parser.example({**EXAMPLE, time: EXAMPLE_TIMES[time]})
        found = read_capsule(self._parser, self._dialect, line)
        self._accept(Schema(found.key, {"properties": {}}, self._dialect), found)


def _no_schema(key: SchemaKey, reason: str, why: str = NO_SCHEMA) -> EventFault:
    message = f"<SchemaError: 'Schema fetch failed: {reason}'>"
    hint = hints.UNFIT_SCHEMA if why is UNFIT else hints.UNKNOWN_SCHEMA
    return EventFault("processor", message, *key, hint=hint, cause=f"{why}: {reason}")
