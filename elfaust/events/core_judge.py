"""The judge of a worker that has the compiled core: plain lines by that, all others in Python.

The core makes the event of a plain line that fits its schema, and says nothing of any other: its
word is never that a line is wrong. It knows the schemas of which FastJudge has judged a line.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import NamedTuple

import orjson

from elfaust.boundary import unforeseen
from elfaust.errors import EventFault
from elfaust.events.core import Core, core_of
from elfaust.events.fast_judge import FastJudge, Plan
from elfaust.events.parsing import Parsed
from elfaust.events.plain_lines import PlainLines
from elfaust.events.storable import Check, Limiting
from elfaust.events.verdict import Verdict
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, State
from elfaust.settings import Settings

#: A schema that counts in fractions: engines of other versions may not agree on them.
FRACTIONS = '"multipleOf"'
_new = tuple.__new__


def worker_judge(
    line_format: str, registry: Registry, settings: Settings, stores: Collection[Limiting]
) -> FastJudge:
    """Return the fastest judge that the settings allow.

    Raises SettingsError where they ask for a core that cannot be used.
    """
    core = core_of(settings)
    if core is None:
        return FastJudge(line_format, registry, settings, stores)
    return CompiledJudge(line_format, registry, settings, stores, core)


class CompiledJudge(FastJudge):
    """Judges as FastJudge does, at less cost where lines are plain and right."""

    def __init__(
        self,
        line_format: str,
        registry: Registry,
        settings: Settings,
        stores: Collection[Limiting],
        core: Core,
    ) -> None:
        super().__init__(line_format, registry, settings, stores)
        #: None where the format is not that of the core's lines.
        self.compiled: Compiled | None = None
        if isinstance(self._lines, PlainLines):
            self.compiled = Compiled(core, self._lines, registry, settings, self._long)

    def read(self, record: Record, origin: str) -> Verdict | Parsed | EventFault:
        compiled = self.compiled
        if compiled is None:
            return super().read(record, origin)
        verdict = compiled.verdict(record)
        if verdict is not None:
            return verdict
        found = super().read(record, origin)
        if type(found) is Verdict and found.fault is None:
            compiled.tell(self._plans[found.key])
        return found


class Told(NamedTuple):
    """What the core returns of a line that fits a schema revision."""

    state: State
    key: SchemaKey
    #: What has to see the event itself, None where the core knows that every store holds it.
    check: Check | None
    keeps_agent: bool


class Compiled:
    """The core, and what it was told."""

    def __init__(
        self, core: Core, lines: PlainLines, registry: Registry, settings: Settings, long: int
    ) -> None:
        """Have the core judge the lines that `lines` reads; no store cuts texts up to `long`."""
        limits = settings.processor.max_line_bytes, settings.processor.max_keys, long
        self._lines = lines
        self._registry = registry
        self._panicked = core.Panicked
        self._judge = core.Judge(settings.schemas.compatibility, *limits, self._agent)
        #: Also the schemas that the core cannot judge by.
        self._told: dict[SchemaKey, State] = {}

    def verdict(self, record: Record) -> Verdict | None:
        """Return the verdict on a line that is right, None where FastJudge says."""
        try:
            found = self._judge.judge(record.value)
            if found is None:
                return None
            told, value = found
            state, key, check, keeps_agent = told
            if state is not self._registry.found.get(key):
                # It was read again; what it was may come back.
                self._judge.remove(*key)
                del self._told[key]
                return None
            if check is not None:
                check(orjson.loads(value)["event"], len(value), True)
            agent = self._sent(record.value) if keeps_agent else None
            return _new(Verdict, (key, value, None, agent, False))
        except self._panicked as error:
            unforeseen(error, "core")
        except Exception:
            # Whatever it is, FastJudge meets it too.
            pass
        return None

    def tell(self, plan: Plan) -> None:
        """Tell the core of a schema, once."""
        key, check = plan.key, plan.check
        if self._told.get(key) is plan.state:
            return
        self._told[key] = plan.state
        told = Told(plan.state, key, None if check.storable else check, plan.keeps_agent)
        try:
            capsule, event = plan.validator.sources()
            if FRACTIONS not in capsule[1] + (event[1] if event else ""):
                self._judge.add(*key, told, capsule, event, check.storable or sys.maxsize)
        except self._panicked as error:
            unforeseen(error, "core")
        except (ValueError, RecursionError):
            # What the core cannot compile, Python judges by.
            pass

    def _agent(self, sent: bytes) -> bytes | None:
        """Return a user agent's value in JSON, None for what is none."""
        agent = self._lines.agents[sent]
        return agent and agent.value

    def _sent(self, line: bytes) -> str | None:
        agent = self._lines.agents[line.rpartition(b"\t")[2]]
        return agent and agent.sent
