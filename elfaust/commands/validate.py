"""elfaust validate: the processor's verdict on raw lines or plain JSON events, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import click

from elfaust.errors import EventFault
from elfaust.events.all_faults import AllFaults
from elfaust.events.event_error import storable
from elfaust.events.plain_json import PlainJsonParser
from elfaust.events.verdict import Judge, Verdict
from elfaust.json_text import decode_json
from elfaust.records import Record
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores

#: Lines judged together.
CHUNK = 1_000


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--format",
    "line_format",
    default="auto",
    metavar="F",
    help="client, server, json, or a format such as '%{seqId}d EventLogging %j'; by default each "
    "line is recognised by its first character.",
)
@click.option(
    "--schema-dir",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of schemas instead of schemas.folder.",
)
@click.option(
    "--compatibility",
    type=click.Choice(list(DIALECTS)),
    help="Year of EventLogging's rules, instead of schemas.compatibility.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object for each line, for a program."
)
@click.pass_obj
def command(
    settings: Settings,
    file: BinaryIO,
    line_format: str,
    schema_dir: str | None,
    compatibility: str | None,
    as_json: bool,
) -> None:
    """Judge the raw lines or plain JSON events of FILE or stdin, and say what is wrong.

    Exits 0 if all are valid, 1 if one is not.
    """
    schemas = replace(
        settings.schemas,
        folder=schema_dir or settings.schemas.folder,
        compatibility=compatibility or settings.schemas.compatibility,
    )
    try:
        judges = Judges(line_format, replace(settings, schemas=schemas))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--format") from error
    lines = ((n, line.rstrip(b"\r\n")) for n, line in enumerate(file, 1))
    if line_format in ("auto", "json"):
        lines = ((n, line) for n, line in lines if line.strip())
    refused = total = 0
    for judged in judges.judged(lines):
        total += 1
        refused += judged.verdict.fault is not None
        click.echo(as_object(judged) if as_json else as_text(judged))
    click.echo(f"{total} lines: {total - refused} valid, {refused} refused", err=True)
    if refused:
        raise SystemExit(1)


class Judged(NamedTuple):
    """The number of a line, its verdict, and every fault of it."""

    number: int
    verdict: Verdict
    faults: list[EventFault]


class Judges:
    """One judge for each kind of line, asked for the lines of that kind."""

    def __init__(self, line_format: str, settings: Settings) -> None:
        """Use one format for all lines, or for `auto` choose it by how a line begins.

        Raises ValueError for an invalid format.
        """
        registry, processor = Registry(settings.schemas), settings.processor
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

    def judged(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[Judged]:
        """Yield the verdict and the faults of each numbered line, in order."""
        while chunk := list(islice(lines, CHUNK)):
            found: dict[int, Judged] = {}
            for kind, judge in self._kinds.items():
                mine = [(n, line) for n, line in chunk if (self._only or _kind(line)) == kind]
                records = [Record("", 0, n, 0, line) for n, line in mine]
                verdicts = asyncio.run(judge.judge(records, "validate"))
                for record, verdict in zip(records, verdicts, strict=True):
                    faults = self._every_fault.of(judge, record, verdict)
                    found[record.offset] = Judged(record.offset, verdict, faults)
            yield from (found[n] for n, _ in chunk)


def _kind(line: bytes) -> str:
    start = line.lstrip()[:1]
    if start == b"{":
        return "json"
    return "server" if start.isdigit() else "client"


def as_object(judged: Judged) -> str:
    """Return the verdict on a line as one line of JSON."""
    number, verdict, faults = judged
    if not faults:
        event = decode_json(verdict.value)
        return json.dumps({"line": number, "outcome": "valid", "event": event})
    worst = faults[0]
    shown: dict[str, Any] = {
        "line": number,
        "outcome": worst.code,
        "schema": worst.schema,
        "revision": worst.revision,
        **_fault_object(worst),
        "faults": [_fault_object(fault) for fault in faults],
    }
    return json.dumps(shown)


def _fault_object(fault: EventFault) -> dict[str, str]:
    return {"message": fault.message, "path": fault.path, "hint": fault.hint}


def as_text(judged: Judged) -> str:
    """Return the verdict on a line as text: each fault with its place and what to change."""
    number, verdict, faults = judged
    if not faults:
        return f"line {number}: valid, {verdict.key.schema} {verdict.key.revision}"
    shown = []
    for n, fault in enumerate(faults):
        kind = "also" if n else f"{fault.code}, {fault.schema} {fault.revision}"
        place = f" at {fault.path}" if fault.path else ""
        shown.append(f"line {number}: {kind}{place}: {fault.message:.500}")
        shown += [f"  {fault.hint}"] if fault.hint else []
    return storable("\n".join(shown))
