"""elfaust errors: which schemas make errors now, by code and path, with their rate."""

from __future__ import annotations

import asyncio
import difflib
import json
import time
from collections.abc import Sequence
from typing import Any

import click

from elfaust.audit.errors_since import Errors, errors_since
from elfaust.commands.completion import SCHEMA
from elfaust.commands.options import Duration, json_option, span
from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.names import readable_name
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.times import iso8601

#: Longest message and path that are shown in a line, characters.
MESSAGE_CHARS, PATH_CHARS = 120, 60


@click.command()
@click.option(
    "--since", type=Duration(), default="10m", show_default=True, help="Errors of lines that came."
)
@click.option("--schema", type=SCHEMA, help="Only errors of this schema, in all revisions.")
@json_option
@click.pass_obj
def command(settings: Settings, since: float, schema: str | None, as_json: bool) -> None:
    """Show which schemas make errors now: how many, of which code, and where in the event.

    Names of schemas that nobody knows count together, as schema "unknown". Exits 1 if there is an
    error, 0 if there is none.
    """
    now = time.time()
    found = [
        of
        for of in asyncio.run(errors_since(settings, now - since))
        if schema in (None, of.kind.schema)
    ]
    if schema and not found:
        _demand_known(settings, schema)
    click.echo(json.dumps(as_object(found, now, since)) if as_json else as_text(found, now, since))
    raise SystemExit(1 if found else 0)


def _demand_known(settings: Settings, schema: str) -> None:
    """Raise click.BadParameter for a name that no schema here has: its errors would not be found.

    That of the schema wiki is known once a line has named it.
    """
    known = {key.schema for key in Registry.of_workers(settings).known()} | {UNKNOWN_KEY.schema}
    if schema not in known:
        near = difflib.get_close_matches(schema, sorted(known), n=1)
        text = f"no schema {schema!r:.80} is known; errors of such names count as 'unknown'"
        text += f". Did you mean {near[0]!r}?" if near else ""
        raise click.BadParameter(text, param_hint="--schema")


def as_object(found: Sequence[Errors], now: float, seconds: float) -> dict[str, Any]:
    """Return errors as the JSON shape that `--json` prints."""
    return {
        "since": iso8601(int(now - seconds)),
        "until": iso8601(int(now)),
        "errors": sum(of.number for of in found),
        "per_minute": _rate(sum(of.number for of in found), seconds),
        "kinds": [
            {
                **of.kind._asdict(),
                "errors": of.number,
                "per_minute": _rate(of.number, seconds),
                "first": iso8601(of.first // 1000),
                "last": iso8601(of.last // 1000),
                "message": of.message,
                "cause": of.cause,
                "hint": of.hint,
            }
            for of in found
        ],
    }


def as_text(found: Sequence[Errors], now: float, seconds: float) -> str:
    """Return errors for people, most first: a line each, and below it what the last of them says.

    What clients have made up is shown with escapes where it cannot be read.
    """
    lines = []
    for of in found:
        kind = of.kind
        name = f"{readable_name(kind.schema)} {kind.revision}"
        place = f" {readable_name(kind.path):.{PATH_CHARS}}" if kind.path else ""
        ago = span(max(0.0, now - of.last / 1000))
        rate = f"{_rate(of.number, seconds):,}"
        lines.append(
            f"{of.number:>8,} {rate:>9}/min  {name:<48} {readable_name(kind.code)}{place}"
            f", last {ago} ago"
        )
        lines.append(f"{'':>23}  {readable_name(of.cause):.{MESSAGE_CHARS}}")
    total = sum(of.number for of in found)
    lines.append(
        f"{total:,} errors in the last {span(seconds)}, {_rate(total, seconds):,} a minute"
    )
    return "\n".join(lines)


def _rate(number: int, seconds: float) -> float:
    return round(number * 60 / seconds, 1)
