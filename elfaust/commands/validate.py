"""elfaust validate: the processor's verdict on raw lines or plain JSON events, without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import click

from elfaust.errors import EventFault
from elfaust.events.event_error import storable
from elfaust.events.items import decoded, items_of
from elfaust.json_text import decode_json
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings
from elfaust.view.judges import Asked, Judged, Judges


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--format",
    "line_format",
    default="auto",
    metavar="F",
    help="client, server, json, or a format such as '%{seqId}d EventLogging %j'; by default each "
    "line is recognised by its first character. Only then, and with json, an event may go over "
    "several lines.",
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
    """Judge the events of FILE or stdin, and say what is wrong.

    They are raw lines, beacons' addresses, or JSON: events over any number of lines, and arrays.
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
    refused = total = 0
    for judged in judges.judged(_asked(file, line_format)):
        total += 1
        refused += judged.verdict.fault is not None
        click.echo(as_object(judged) if as_json else as_text(judged))
    click.echo(f"{total} events: {total - refused} valid, {refused} refused", err=True)
    if refused:
        raise SystemExit(1)


def _asked(file: BinaryIO, line_format: str) -> Iterator[Asked]:
    """Yield what is to be judged, each with the number of the line in which it begins."""
    if line_format in ("auto", "json"):
        yield from map(Asked.of, items_of(decoded(file.read())))
    else:
        yield from (Asked(n, line.rstrip(b"\r\n")) for n, line in enumerate(file, 1))


def as_object(judged: Judged) -> str:
    """Return the verdict on a line as one line of JSON."""
    number, verdict, faults, warning = judged
    warned = {"warning": warning} if warning else {}
    if not faults:
        event = decode_json(verdict.value)
        return json.dumps({"line": number, "outcome": "valid", "event": event, **warned})
    worst = faults[0]
    shown: dict[str, Any] = {
        "line": number,
        "outcome": worst.code,
        "schema": worst.schema,
        "revision": worst.revision,
        **_fault_object(worst),
        "faults": [_fault_object(fault) for fault in faults],
        **warned,
    }
    return json.dumps(shown)


def _fault_object(fault: EventFault) -> dict[str, str]:
    return {
        "message": fault.message,
        "cause": fault.cause,
        "path": fault.path,
        "hint": fault.hint,
    }


def as_text(judged: Judged) -> str:
    """Return the verdict on a line as text: each fault with its place and what to change."""
    number, verdict, faults, warning = judged
    shown = [] if faults else [f"line {number}: valid, {verdict.key.schema} {verdict.key.revision}"]
    for n, fault in enumerate(faults):
        kind = "also" if n else f"{fault.code}, {fault.schema} {fault.revision}"
        place = f" at {fault.path}" if fault.path not in fault.cause else ""
        shown.append(f"line {number}: {kind}{place}: {fault.cause:.500}")
        shown += [f"  {fault.hint}"] if fault.hint else []
    shown += [f"  Warning: {warning}"] if warning else []
    return storable("\n".join(shown))
