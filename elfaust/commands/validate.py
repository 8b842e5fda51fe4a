"""elfaust validate: the processor's verdict on raw lines or plain JSON events, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, BinaryIO

import click

from elfaust.dialect import DIALECTS
from elfaust.json_text import decode_json
from elfaust.plain_events import PlainEvents
from elfaust.processing import Judge, Verdict
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.types import Record

#: Lines judged together.
CHUNK = 1_000
NAMES = ("auto", "client", "server", "json")


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--format",
    "line_format",
    default="auto",
    metavar="F",
    help="client, server, json, or one such as '%{seqId}d EventLogging %j'; else line by line.",
)
@click.option(
    "--schema-dir",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of schemas instead of schemas.folder.",
)
@click.option("--compatibility", type=click.Choice(list(DIALECTS)), help="Year of the rules.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for a program.")
@click.pass_obj
def command(
    settings: Settings,
    file: BinaryIO,
    line_format: str,
    schema_dir: str | None,
    compatibility: str | None,
    as_json: bool,
) -> None:
    """Judge the raw lines or plain JSON events of FILE, or of stdin.

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
    for number, verdict in judges.verdicts(lines):
        total += 1
        refused += verdict.fault is not None
        click.echo(as_object(verdict) if as_json else as_text(number, verdict))
    click.echo(f"{total} lines, {total - refused} valid, {refused} not", err=True)
    if refused:
        raise SystemExit(1)


class Judges:
    """The judges of the kinds of lines that there are, each asked for what is its."""

    def __init__(self, line_format: str, settings: Settings) -> None:
        """Choose one format for all lines, or for `auto` by how a line begins.

        Raises ValueError for a format that is none.
        """
        registry, processor = Registry(settings.schemas), settings.processor
        plain = PlainEvents(processor.max_keys)
        self._kinds = {
            "client": Judge(processor.client_format, registry, settings),
            "server": Judge(processor.server_format, registry, settings),
            "json": Judge("", registry, settings, plain),
        }
        self._only = None if line_format == "auto" else line_format
        if line_format not in NAMES:
            self._kinds[line_format] = Judge(line_format, registry, settings)

    def verdicts(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, Verdict]]:
        """Yield the verdict on each numbered line, in order."""
        while chunk := list(islice(lines, CHUNK)):
            found: dict[int, Verdict] = {}
            for kind, judge in self._kinds.items():
                mine = [(n, line) for n, line in chunk if (self._only or _kind(line)) == kind]
                records = [Record(line, n, 0, "", -1) for n, line in mine]
                verdicts = asyncio.run(judge.judge(records, "validate"))
                found |= {n: verdict for (n, _), verdict in zip(mine, verdicts, strict=True)}
            yield from ((n, found[n]) for n, _ in chunk)


def _kind(line: bytes) -> str:
    start = line.lstrip()[:1]
    if start == b"{":
        return "json"
    return "server" if start.isdigit() else "client"


def as_object(verdict: Verdict) -> str:
    """Return a verdict as one line of JSON."""
    fault = verdict.fault
    if fault is None:
        return json.dumps({"outcome": "valid", "event": decode_json(verdict.value)})
    shown: dict[str, Any] = {
        "outcome": fault.code,
        "schema": fault.schema,
        "revision": fault.revision,
        "message": fault.message,
        "path": fault.path,
    }
    return json.dumps(shown)


def as_text(number: int, verdict: Verdict) -> str:
    """Return a verdict as a person reads it: the line, the place in it and what to change."""
    fault = verdict.fault
    if fault is None:
        return f"line {number}: valid, {verdict.key.schema} {verdict.key.revision}"
    message = fault.message.encode("utf-8", "replace").decode()
    place = f" at {fault.path}" if fault.path else ""
    first = f"line {number}: {fault.code}, {fault.schema} {fault.revision}{place}: {message:.500}"
    return f"{first}\n  {fault.hint}" if fault.hint else first
