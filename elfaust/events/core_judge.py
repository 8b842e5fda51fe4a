"""The judge of a worker that has the compiled core: plain lines by that, all others in Python.

The core makes the event of a plain line that fits its schema, and says nothing of any other: its
word is never that a line is wrong. It knows the schemas of which FastJudge has judged a line.
"""

from __future__ import annotations

from collections.abc import Collection

from elfaust.boundary import unforeseen
from elfaust.errors import EventFault
from elfaust.events.core import Core, core_of
from elfaust.events.fast_judge import FastJudge, Plan
from elfaust.events.parsing import Parsed
from elfaust.events.storable import Limiting
from elfaust.events.verdict import Verdict
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
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
        processor, year = settings.processor, settings.schemas.compatibility
        self._panicked = core.Panicked
        self._core = core.Judge(
            year, processor.max_line_bytes, processor.max_keys, self._long, self._agent
        )
        #: The schemas that the core was told of, or cannot judge by.
        self._told: dict[SchemaKey, Schema] = {}

    def read(self, record: Record, origin: str) -> Verdict | Parsed | EventFault:
        compiled = self._compiled(record) if self._is_client else None
        if compiled is not None:
            return compiled
        found = super().read(record, origin)
        if type(found) is Verdict and found.fault is None:
            self._tell(found.key)
        return found

    def _compiled(self, record: Record) -> Verdict | None:
        """Return the verdict on a line that is right, None where FastJudge says."""
        try:
            found = self._core.judge(record.value)
            if found is None:
                return None
            plan, value = found
            key = plan.schema.key
            if plan.schema is not self._registry.get(key):
                # It was read again.
                self._core.remove(*key)
                return None
            return _new(Verdict, (key, value, None, self._kept(plan, record), False))
        except self._panicked as error:
            unforeseen(error, "core")
        except Exception:
            # Whatever it is, FastJudge meets it too.
            pass
        return None

    def _kept(self, plan: Plan, record: Record) -> str | None:
        """Return the user agent that the record of an event has beside it."""
        if not plan.keeps_agent:
            return None
        agent = self._lines.agents[record.value.rpartition(b"\t")[2]]
        return agent and agent.sent

    def _agent(self, sent: bytes) -> bytes | None:
        agent = self._lines.agents[sent]
        return agent and agent.value

    def _tell(self, key: SchemaKey) -> None:
        """Tell the core of the schema of a line, once."""
        schema = self._registry.get(key)
        if schema is None or schema is self._told.get(key):
            return
        self._told[key] = schema
        try:
            plan = self._new_plan(key)
            if plan is None or not plan.check.storable:
                return
            capsule, event = plan.validator.sources()
            if FRACTIONS not in capsule[1] + (event[1] if event else ""):
                self._core.add(*key, plan, capsule, event, plan.check.storable)
        except self._panicked as error:
            unforeseen(error, "core")
        except (ValueError, RecursionError):
            # What the core cannot compile, Python judges by.
            pass
