"""The judge of a worker: plain lines in one go, all others as Judge, which says what is right.

A plain line (plain_lines.py, plain_objects.py) has its verdict by what it holds beside its fields:
those fit every schema by how they were read. Where that cannot tell, and wherever it fails, Judge
judges the line from its beginning.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import orjson

from elfaust.errors import EventFault
from elfaust.events.bounds import TEXT_CHARS, length_faults
from elfaust.events.parsing import Parsed, key_of
from elfaust.events.plain_lines import Lines, PlainLine, PlainLines
from elfaust.events.plain_objects import SERVER_FORMAT, PlainObjects
from elfaust.events.storable import Check, Limiting
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.schema.validation.validator import CapsuleValidator
from elfaust.settings import Settings

_new = tuple.__new__


class Plan(NamedTuple):
    """What judges the plain lines of a schema revision."""

    schema: Schema
    #: Of capsules without what a line tells itself.
    validator: CapsuleValidator
    check: Check
    keeps_agent: bool


class FastJudge(Judge):
    """Judges as Judge does, at less cost where lines are plain."""

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
                if line is not None:
                    found = self._at_once(lines, line, record, origin)
                    if found is not None:
                        return found
            except Exception:
                # Whatever it is, Judge meets it too, and finds the words for it.
                pass
        return self.parse(record)

    def _at_once(
        self, lines: Lines, line: PlainLine, record: Record, origin: str
    ) -> Verdict | EventFault | None:
        """Return the verdict on a plain line, or why it names no schema; None where Judge says.

        Raises EventFault where a store cannot hold the event.
        """
        given = line.given
        try:
            plan = self._plan(given, lines)
        except EventFault as fault:
            return fault
        if plan is None:
            return None
        misfit = plan.validator.fault(given)
        if misfit is not None:
            misfit.schema, misfit.revision = plan.schema.key
            return self._refuse(record, misfit, origin)
        written, event = orjson.dumps(given), given["event"]
        size = len(written)
        if type(event) is not dict or (
            size > self._long and any(length_faults(given, self._dialect))
        ):
            return None
        plan.check(event, size, True)
        agent = line.agent.sent if plan.keeps_agent else None
        value = lines.event(line, written)
        return _new(Verdict, (plan.schema.key, value, None, agent, False))

    def _plan(self, given: dict[str, Any], lines: Lines) -> Plan | None:
        """Return what judges lines of the schema that is named, None where Judge does.

        Raises EventFault where none can be.
        """
        revision = given.get("revision")
        plan = self._plans.get((given.get("schema"), revision))
        # As a key, True is 1.
        if plan is None or type(revision) is not int:
            return self._new_plan(key_of(given), lines)
        if plan.schema is not self._registry.get(plan.schema.key):
            # It was read again.
            return self._new_plan(plan.schema.key, lines)
        return plan

    def _new_plan(self, key: SchemaKey, lines: Lines) -> Plan | None:
        self._plans.pop(key, None)
        schema = self._registry.get(key)
        if schema is None or not schema.validator.is_compiled:
            return None
        validator = schema.validator.without(lines.fields)
        keeps_agent = key.schema in self._keep_user_agent
        plan = Plan(schema, validator, self._storable.of(schema), keeps_agent)
        self._plans[key] = plan
        return plan
