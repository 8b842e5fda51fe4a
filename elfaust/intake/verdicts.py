"""The verdict on a beacon in the headers of its answer, as EventLogging's devserver told it.

Requested-Event-Valid: 1 or 0
Validation-Error-1: what is wrong, and where; one such header for each fault
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress

from elfaust.errors import EventFault
from elfaust.events.all_faults import AllFaults
from elfaust.events.parsing import Parsed
from elfaust.events.storable import Limiting
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings

#: Longest wait for a schema that is not known yet, seconds.
LOOKUP_SECONDS = 1.0
#: Headers of one answer, and characters of one, that a browser surely takes.
MOST_FAULTS, FAULT_CHARS = 20, 300
VALID = "Requested-Event-Valid"


class Verdicts:
    """Judges lines as the processor does; nothing of it is stored."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        stores: Collection[Limiting],
        kind: str = "client",
    ) -> None:
        """Judge raw lines of a kind."""
        self._registry = registry
        self._judge = Judge(settings.line_formats[kind], registry, settings, stores)
        self._every_fault, self._changes = AllFaults(registry), registry.reload.changes

    async def headers(self, line: bytes) -> dict[str, str]:
        """Return the headers that tell the verdict on a raw line."""
        record = Record("", 0, 0, int(time.time() * 1000), line)
        _, faults = await self.judged(record, "intake")
        told = {
            f"Validation-Error-{n}": _of_header(fault)
            for n, fault in enumerate(faults[:MOST_FAULTS], 1)
        }
        return {VALID: str(int(not faults)), **told}

    async def judged(self, record: Record, origin: str) -> tuple[Verdict, list[EventFault]]:
        """Return the verdict on a record of the raw topic, and every fault of it."""
        if self._registry.reload.on:
            await asyncio.to_thread(self._registry.reload.look)
        if self._changes != self._registry.reload.changes:
            # A schema may have come or gone, and with it what is near to a name.
            self._changes = self._registry.reload.changes
            self._every_fault = AllFaults(self._registry)
        found = self._judge.parse(record)
        if isinstance(found, Parsed):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOKUP_SECONDS):
                    await self._registry.resolve([found.key])
        verdict = self._judge.verdict(record, found, origin)
        verdict = verdict or self._judge.without_schema(record, found, origin)
        return verdict, self._every_fault.of(self._judge, record, verdict)


def _of_header(fault: EventFault) -> str:
    """Return a fault in the characters that a header may have."""
    place = f"{fault.path}: " if fault.path else ""
    # Of what cannot be read EventLogging's words are those of Python's errors.
    words = fault.message if fault.code == "validation" else fault.cause
    text = f"{place}{words}".encode("ascii", "backslashreplace").decode()
    return "".join(char if char.isprintable() else " " for char in text)[:FAULT_CHARS].strip()
