"""elfaust freshness: how new what each table holds is."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from elfaust.commands.completion import SCHEMA
from elfaust.commands.options import json_option, span
from elfaust.query.freshness import Freshness, as_text
from elfaust.query.tables import Found, look, matcher
from elfaust.settings import Settings
from elfaust.words.printable import printable


@click.command()
@click.argument("pattern", type=SCHEMA, default="*")
@json_option
@click.pass_obj
def command(settings: Settings, pattern: str, as_json: bool) -> None:
    """Show the last event, when it was received and written, and the rows of each table.

    Of all schemas, or of those that match PATTERN: `edit` or `*timing`. Times are in UTC. Exits 1
    if there is no such table, 3 if a store is away: those of the others are shown. A file whose
    footer cannot be read is named on stderr, and the rows are without its own.
    """
    found, now = look(settings, matcher(pattern)), time.time()
    if as_json:
        tables = [of._asdict() for of in found.tables]
        click.echo(json.dumps({"as_of": as_text(now), "tables": tables, **troubles(found)}))
    else:
        click.echo(as_lines(found.tables, now))
    end(found)


def troubles(found: Found) -> dict[str, Any]:
    """Return who is away and which files do not tell all, for JSON."""
    return {
        "away": [str(error) for error in found.away],
        "unread": [of._asdict() for of in found.unread],
    }


def tell(found: Found) -> None:
    """Name on stderr the files that do not tell all, and who is away."""
    for of in found.unread:
        click.echo(f"Warning: {printable(str(of))}", err=True)
    for error in found.away:
        click.echo(f"Error: {printable(str(error))}", err=True)


def end(found: Found) -> None:
    """Tell what is wrong, and exit as commands do that ask stores for their tables."""
    tell(found)
    if found.away:
        raise SystemExit(3)
    if not found.tables:
        raise SystemExit(1)


def as_lines(tables: Sequence[Freshness], now: float) -> str:
    """Return tables for people: how long ago the last event was, came, and was written."""
    head = ("store", "table", "last event", "received", "written", "rows", "2 h", "24 h")
    lines = [
        (
            of.store,
            of.table,
            *(_ago(text, now) for text in (of.last_event, of.last_received, of.last_written)),
            *(f"{rows:,}" if rows >= 0 else "?" for rows in (of.rows, of.rows_2h, of.rows_24h)),
        )
        for of in tables
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if at < 2 else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *lines)
    )


def _ago(text: str, now: float) -> str:
    if not text:
        return "?"
    then = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return f"{span(now - then)} ago" if then <= now else f"{span(then - now)} ahead"
