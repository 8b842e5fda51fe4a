"""The judge of a worker: plain lines in one go, all others as Judge, which says what is right.

A plain line (plain_lines.py, plain_objects.py) has its verdict by what it holds beside its fields:
those fit every schema by how they were read. Where that cannot tell, and wherever it fails, Judge
judges the line from its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, NamedTuple

import orjson

from elfaust.errors import EventFault
from elfaust.events.bounds import TEXT_CHARS
from elfaust.events.capsule import complete
from elfaust.events.lines import LineParser
from elfaust.events.parsing import Parsed, key_of
from elfaust.events.plain_lines import Lines, PlainLine, PlainLines
from elfaust.events.plain_objects import SERVER_FORMAT, PlainObjects
from elfaust.events.storable import Check, Limiting
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, State
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.rust import is_panic
from elfaust.settings import Settings

_new = tuple.__new__


class Plan(NamedTuple):
    """What judges the plain lines of a schema revision."""

    #: Of the registry as the plan was made: another one makes another plan.
    state: State
    key: SchemaKey
    #: Of capsules without what a line tells itself, and what tells of most that they fit.
    validator: CapsuleValidator
    fits: Callable[[dict[str, Any]], bool]
    check: Check
    keeps_agent: bool


class FastJudge(Judge):
    """Judges as Judge does, at less cost where lines are plain."""

    _plainly = True
    _parser: LineParser

    def __init__(
        self,
        line_format: str,
        registry: Registry,
        settings: Settings,
        stores: Collection[Limiting],
    ) -> None:
        super().__init__(line_format, registry, settings, stores)
        client_format = self._dialect.client_format
        form = (line_format or client_format).split()
        limits = settings.processor.max_line_bytes, settings.processor.max_keys
        #: What reads plain lines of the format, None where none are.
        self._lines: Lines | None = None
        if form == client_format.split():
            self._lines = PlainLines(self._dialect, *limits)
        elif form == SERVER_FORMAT.split():
            self._lines = PlainObjects(self._dialect, *limits)
        #: Texts up to it no store cuts.
        self._long = min(TEXT_CHARS, self._dialect.string_length)
        self._plans: dict[tuple[Any, Any], Plan] = {}

    def read(self, record: Record, origin: str) -> Verdict | Parsed | EventFault:
        lines = self._lines
        if lines is not None:
            try:
                line = lines.read(record.value)
                if isinstance(line, dict):
                    agent = complete(line, self._dialect)
                    return Parsed(line, key_of(line), agent)
                if line is not None:
                    found = self._at_once(lines, line, record, origin)
                    if found is not None:
                        return found
            except orjson.JSONDecodeError as error:
                fault = self._no_json(record.value, error.doc)
                if fault is not None:
                    return fault
            except BaseException as error:
                if not isinstance(error, Exception) and not is_panic(error):
                    raise
                # Whatever it is, Judge meets it too, and finds the words for it.
        return self.parse(record)

    def _no_json(self, line: bytes, sent: str) -> EventFault | None:
        # What was sent is empty where it is not UTF-8.
        with suppress(Exception):
            return self._parser.no_json(line, sent) if sent else None
        return None

    def _at_once(
        self, lines: Lines, line: PlainLine, record: Record, origin: str
    ) -> Verdict | EventFault | None:
        """Return the verdict on a plain line, or why it names no schema; None where Judge says.

        Raises EventFault where a store cannot hold the event.
        """
        given = line[0]
        named: Any = given.get("schema"), given.get("revision")
        plan = self._plans.get(named)
        # As a key, True is 1; and the schema may have been read again.
        if (
            plan is None
            or plan[0] is not self._registry.found.get(named)
            or type(named[1]) is not int
        ):
            try:
                plan = self._new_plan(key_of(given), lines)
            except EventFault as fault:
                return fault
            if plan is None:
                return None
        # At once, which costs less than one by one.
        _, key, validator, fits, check, keeps_agent = plan
        if not fits(given):
            misfit = validator.fault(given)
            misfit.schema, misfit.revision = key
            return self._refuse(record, misfit, origin)
        written, event = orjson.dumps(given), given["event"]
        if type(event) is not dict:
            return None
        size = len(written)
        if size > self._long:
            for value in given.values():
                if type(value) is str and len(value) > self._long:
                    return None
        check(event, size, True)
        agent = line.agent.sent if keeps_agent else None
        return _new(Verdict, (key, lines.event(line, written), None, agent, False))

    def _new_plan(self, key: SchemaKey, lines: Lines) -> Plan | None:
        """Return what judges lines of a schema from now on, None where Judge does."""
        self._plans.pop(key, None)
        schema = self._registry.get(key)
        state = self._registry.found.get(key)
        if schema is None or state is None or not schema.validator.is_compiled:
            return None
        validator = schema.validator.without(lines.fields)
        keeps_agent = key.schema in self._keep_user_agent
        check = self._storable.of(schema)
        plan = Plan(state, key, validator, validator.fits, check, keeps_agent)
        self._plans[key] = plan
        return plan
