"""elfaust tail: events and errors as they come, decoded and masked."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import click

from elfaust.commands.completion import SCHEMA
from elfaust.commands.options import Duration
from elfaust.delivery.following import follow, what_is_there
from elfaust.errors import ServerAway
from elfaust.events.lines import guess_schema
from elfaust.logs.masking import masked
from elfaust.names import TopicNames, readable_name
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.schema.suggestions import suggest_schema
from elfaust.settings import Settings
from elfaust.view.seen import FAILED, Seen, seen, when

#: Longest cause that is shown in a line, characters.
CAUSE_CHARS = 300
#: What a record is made to be shown, None if it is not wanted.
Show = Callable[[Record], str | None]


@click.command()
@click.option("--errors", "only", flag_value="errors", help="Only events that were refused.")
@click.option("--valid", "only", flag_value="valid", help="Only events that were not.")
@click.option("--raw", "only", flag_value="raw", help="Raw lines instead, before any verdict.")
@click.option("--schema", type=SCHEMA, help="Only those of this schema, in all revisions.")
@click.option("--since", type=Duration(), help="Begin with those of this long ago, as 10m.")
@click.option("--lines", type=click.IntRange(min=1), help="End after so many.")
@click.option("--no-follow", "ends", is_flag=True, help="End with what is there now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each, for a program.")
@click.pass_obj
def command(
    settings: Settings,
    only: str | None,
    schema: str | None,
    since: float | None,
    lines: int | None,
    ends: bool,
    as_json: bool,
) -> None:
    """Show events and errors as they come, until Ctrl-C: an error with its place and its cure.

    Addresses and user agents of clients are masked. Nothing is committed, and no worker is
    disturbed.
    """
    if ends and since is None:
        raise click.UsageError("--no-follow shows what has come: since when? Add --since 10m.")
    if schema:
        _tell_unknown(settings, schema)
    start = None if since is None else int((time.time() - since) * 1000)
    names = TopicNames(settings)
    show = _raw(schema, as_json) if only == "raw" else _decoded(names.error, schema, as_json)
    # A terminal shows colours, unless NO_COLOR says otherwise.
    color = False if os.environ.get("NO_COLOR") else None
    wanted = _wanted(names, only, schema)
    come = what_is_there(settings, wanted, start)
    if not ends:
        come = follow(settings, wanted, start, _tell_away)
    asyncio.run(_tail(come, show, lines, color))


async def _tail(
    come: AsyncGenerator[list[Record]], show: Show, lines: int | None, color: bool | None
) -> None:
    left = lines
    async with aclosing(come):
        async for records in come:
            for shown in filter(None, map(show, records)):
                click.echo(shown, color=color)
                left = None if left is None else left - 1
                if left == 0:
                    return


def _tell_away(error: ServerAway) -> None:
    click.echo(f"{error}; it is asked again, and what came meanwhile is shown then", err=True)


def _wanted(names: TopicNames, only: str | None, schema: str | None) -> Callable[[str], bool]:
    """Return which topics are read."""

    def wanted(topic: str) -> bool:
        if only == "raw":
            return topic in names.raw
        if topic == names.error:
            return only != "valid"
        key = names.schema_of(topic)
        return only != "errors" and key is not None and schema in (None, key.schema)

    return wanted


def _decoded(error_topic: str, schema: str | None, as_json: bool) -> Show:
    def show(record: Record) -> str | None:
        of = seen(record, error_topic)
        if schema not in (None, of.schema):
            return None
        return json.dumps(of.as_json()) if as_json else as_text(of)

    return show


def _raw(schema: str | None, as_json: bool) -> Show:
    def show(record: Record) -> str | None:
        if schema not in (None, guess_schema(record.value)[0]):
            return None
        line = masked(record.value.decode("utf-8", "replace"))
        return json.dumps(raw_object(record, line)) if as_json else raw_text(record, line)

    return show


def as_text(of: Seen) -> str:
    """Return an event or an error for people: an event in one line, an error with its cure."""
    failed = of.status == FAILED
    status = click.style(f"{of.code or 'error':<10}", fg="red") if failed else VALID_WORD
    name = click.style(f"{readable_name(of.schema or 'unknown')} {of.revision}", bold=True)
    by = f" by {of.purpose}" if of.purpose else ""
    head = f"{of.when or 'at unknown time':<20}  {status}  {name}{by}"
    if not failed:
        wiki = f" {readable_name(of.wiki)}" if of.wiki else ""
        return f"{head}{wiki}  {readable_name(of.brief)}"
    place = f" at {readable_name(of.place)}" if of.place else ""
    lines = [f"{head}{place}: {readable_name(of.why[:CAUSE_CHARS])}"]
    lines += [click.style(f"  {readable_name(of.hint)}", fg="green")] if of.hint else []
    return "\n".join([*lines, f"  {readable_name(of.brief)}"])


VALID_WORD = click.style(f"{'valid':<10}", fg="green")


def raw_text(record: Record, line: str) -> str:
    """Return a masked raw line for people, after its time and where it stands."""
    place = f"{record.topic}/{record.lane}/{record.offset}"
    return f"{when(record.timestamp) or 'at unknown time':<20}  {place}  {_visible(line)}"


def raw_object(record: Record, line: str) -> dict[str, Any]:
    """Return a masked raw line as `--raw --json` prints it."""
    return {
        "topic": record.topic,
        "lane": record.lane,
        "offset": record.offset,
        "time": when(record.timestamp),
        "line": line,
    }


def _visible(line: str) -> str:
    # A raw line has tabs, and is to be copied.
    return "\t".join(readable_name(part) if part else "" for part in line.split("\t"))


def _tell_unknown(settings: Settings, schema: str) -> None:
    """Say that no schema has a name: it may get one, and an error may name any."""
    known = Registry.of_workers(settings).known()
    if not any(key.schema == schema for key in known):
        near = suggest_schema(SchemaKey(schema, 0), known)
        text = f"no schema {readable_name(schema):.80} is known yet"
        click.echo(f"{text}. {near}" if near else text, err=True)
