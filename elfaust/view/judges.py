"""One judge for each kind of line: what `elfaust validate` and the page of that name ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Self

from elfaust.errors import EventFault
from elfaust.events.all_faults import AllFaults
from elfaust.events.beacons import length_warning
from elfaust.events.items import Item
from elfaust.events.plain_json import PlainJsonParser
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores

#: Lines judged together.
CHUNK = 1_000


class Asked(NamedTuple):
    """A line, its number, and its kind: a raw topic's, `json`, or "" where it is to be seen.

    `warning` is what is known of it before it is judged.
    """

    number: int
    line: bytes
    kind: str = ""
    warning: str = ""

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return what stands in a text as what is asked of it."""
        kind = "json" if item.is_json else ""
        return cls(item.line, item.data, kind, length_warning(item.query))


class Judged(NamedTuple):
    """The number of a line, its verdict, every fault of it, and what should be known besides."""

    number: int
    verdict: Verdict
    faults: list[EventFault]
    warning: str = ""


class Judges:
    """One judge for each kind of line, asked for the lines of that kind."""

    def __init__(
        self, line_format: str, settings: Settings, registry: Registry | None = None
    ) -> None:
        """Use one format for all lines, or for `auto` that of a line's kind.

        Raises ValueError for an invalid format.
        """
        registry, processor = registry or Registry(settings.schemas), settings.processor
        self._every_fault = AllFaults(registry)
        stores = enabled_stores(settings).values()
        plain = PlainJsonParser(processor.max_keys)
        self._kinds = {
            kind: Judge(text, registry, settings, stores)
            for kind, text in settings.line_formats.items()
        }
        self._kinds["json"] = Judge("", registry, settings, stores, plain)
        self._only = None if line_format == "auto" else line_format
        if line_format not in ("auto", *self._kinds):
            self._kinds[line_format] = Judge(line_format, registry, settings, stores)

    def judged(self, lines: Iterable[Asked]) -> Iterator[Judged]:
        """Yield the verdict and the faults of each line, in order."""
        left = iter(lines)
        while chunk := list(islice(left, CHUNK)):
            found: dict[int, Judged] = {}
            for kind, judge in self._kinds.items():
                records = [
                    Record("", 0, at, 0, asked.line)
                    for at, asked in enumerate(chunk)
                    if (self._only or asked.kind or _kind(asked.line)) == kind
                ]
                verdicts = asyncio.run(judge.judge(records, "validate"))
                for record, verdict in zip(records, verdicts, strict=True):
                    faults = self._every_fault.of(judge, record, verdict)
                    of = chunk[record.offset]
                    found[record.offset] = Judged(of.number, verdict, faults, of.warning)
            yield from (found[at] for at in range(len(chunk)))


def _kind(line: bytes) -> str:
    start = line.lstrip()[:1]
    if start == b"{":
        return "json"
    return "server" if start.isdigit() else "client"
