"""elfaust tables: what tables there are in MySQL and in Hive, and the columns of one."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from elfaust.commands.completion import SCHEMA
from elfaust.commands.freshness import tell, troubles
from elfaust.commands.options import json_option
from elfaust.errors import ElfaustError
from elfaust.hive.names import HiveNames
from elfaust.hive.tables import table_of
from elfaust.names import readable_name
from elfaust.query.columns import Pair, side_by_side
from elfaust.query.tables import Listed, listed, look, matcher
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings

#: Characters of a description that a line has.
WORDS = 60


@click.command()
@click.argument("pattern", type=SCHEMA, default="*")
@json_option
@click.pass_obj
def command(settings: Settings, pattern: str, as_json: bool) -> None:
    """List tables: schema, names in MySQL and Hive, rows, first and last event, description.

    Of all schemas, or of those that match PATTERN: `edit` or `*timing`. For a schema's whole name,
    the columns of its newest revision are listed as well, as MySQL and as Hive have them. Exits 1
    if there is no such schema, 3 if a store is away.
    """
    wanted = matcher(pattern)
    found = look(settings, wanted)
    tables = listed(settings, wanted, found)
    whole = [of for of in tables if of.schema == pattern]
    columns = _columns(settings, whole[-1]) if whole else []
    if as_json:
        shown = [of._asdict() for of in tables]
        described = [of._asdict() for of in columns]
        click.echo(json.dumps({"tables": shown, "columns": described, **troubles(found)}))
    else:
        click.echo(as_lines(tables))
        if columns:
            click.echo(f"\n{pattern} {whole[-1].revision}\n{as_pairs(columns)}")
    tell(found)
    if found.away:
        raise SystemExit(3)
    if not tables:
        raise SystemExit(1)


def _columns(settings: Settings, of: Listed) -> list[Pair]:
    """Return the columns of a schema revision, none where it has no Parquet."""
    key = SchemaKey(of.schema, of.revision)
    try:
        schema = Registry.of_workers(settings).find(key)
        table = table_of(schema, of.hive or "-", HiveNames(settings).location(key))
        return side_by_side(schema, table, settings.mysql.number)
    except ElfaustError as error:
        click.echo(f"no columns: {error}", err=True)
        return []


def as_lines(tables: Sequence[Listed]) -> str:
    """Return tables for people, a line each."""
    head = ("schema", "MySQL", "Hive", "view", "rows", "first event", "last event", "description")
    return aligned(
        head,
        [
            (
                f"{of.schema} {of.revision}",
                of.mysql or "-",
                of.hive or "-",
                of.view or "-",
                f"{of.rows:,}" if of.rows >= 0 else "?",
                of.first_event or "-",
                of.last_event or "-",
                readable_name(f"{of.description:.{WORDS}}".rstrip()),
            )
            for of in tables
        ],
    )


def as_pairs(columns: Sequence[Pair]) -> str:
    """Return columns for people, a line each."""
    head = ("MySQL", "type", "Hive", "type", "description")
    rows = [
        (*(text or "-" for text in of[:4]), readable_name(of.description.rstrip()))
        for of in columns
    ]
    return aligned(head, rows)


def aligned(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells, one below the other."""
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *lines)
    )
