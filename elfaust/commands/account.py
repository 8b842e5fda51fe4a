"""elfaust account: lines in, events out, and where each of them is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import fields

import click

from elfaust.audit.account import Account, Line, read_account
from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings

HEADINGS = (
    "schema revision",
    "lines",
    "stored",
    "errors",
    "records",
    "MySQL",
    "Parquet",
    "counted",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a program.")
@click.option("--all", "everything", is_flag=True, help="Of unknown schemas too, a line each.")
@click.pass_obj
def command(settings: Settings, as_json: bool, everything: bool) -> None:
    """Add up raw lines, records, rows and counts; exit 1 if they do not balance."""
    account = asyncio.run(read_account(settings))
    if as_json:
        click.echo(json.dumps(as_object(account)))
    else:
        show(settings, account, everything)
    raise SystemExit(1 if account.problems else 0)


def as_object(account: Account) -> dict[str, object]:
    """Return an account as the JSON shape that `--json` prints."""
    return {
        "raw_lines": account.raw,
        "balances": not account.problems,
        "problems": account.problems,
        "schemas": [
            {
                "schema": line.key.schema,
                "revision": line.key.revision,
                "lines": line.lines,
                "stored": line.stored,
                "errors": line.errors,
                # Not asdict: it makes counters of counters' items.
                **{f.name: getattr(line, f.name) for f in fields(line) if f.name != "key"},
            }
            for line in account.lines
        ],
    }


def show(settings: Settings, account: Account, everything: bool = False) -> None:
    """Print an account as a table with its sum, and what does not balance.

    Schemas that no folder and no wiki has share a line unless `everything` is asked for; one that
    does not balance has its own.
    """
    lines, folded = (account.lines, []) if everything else _folded(settings, account)
    rows = [_row(f"{line.key.schema}_{line.key.revision}", line) for line in lines]
    if folded:
        named = sum(line.key != UNKNOWN_KEY for line in folded)
        rows.append(_row(f"unknown schemas ({named} named)", _together(folded)))
    for name, *cells in [HEADINGS, *rows, _sum(account)]:
        shown = (f" {cell:>27}" if i == 2 else f" {cell:>8}" for i, cell in enumerate(cells))
        click.echo(f"{name:<44}{''.join(shown)}")
    for problem in account.problems:
        click.echo(f"does not balance: {problem}")
    click.echo(
        f"{account.raw} raw lines: {'BALANCES' if not account.problems else 'DOES NOT BALANCE'}"
    )


def _folded(settings: Settings, account: Account) -> tuple[list[Line], list[Line]]:
    """Return the lines to show one by one, and those of unknown schemas if there are several."""
    registry = Registry.of_workers(settings)
    known = set(registry.known())
    unknown = {
        line.key
        for line in account.lines
        if not (line.valid or line.problems(account.stores) or line.key in known)
        and registry.get(line.key) is None
    }
    if len(unknown) < 2:
        return account.lines, []
    shown = [line for line in account.lines if line.key not in unknown]
    return shown, [line for line in account.lines if line.key in unknown]


def _together(lines: list[Line]) -> Line:
    """Return the sum of lines of schemas of which there are no events."""
    codes, counted = Counter[str](), Counter[str]()
    for line in lines:
        codes.update(line.invalid)
        counted.update(line.counted_invalid)
    return Line(UNKNOWN_KEY, invalid=codes, counted_invalid=counted)


def _row(name: str, line: Line) -> tuple[str, ...]:
    codes = " ".join(f"{code} {n}" for code, n in sorted(line.invalid.items())) or "0"
    numbers = (line.valid, line.mysql, line.parquet, line.counted_lines)
    return (name, str(line.lines), str(line.stored), codes, *map(str, numbers))


def _sum(account: Account) -> tuple[str, ...]:
    numbers = ("lines", "stored", "errors", "valid", "mysql", "parquet", "counted_lines")
    return "all", *(str(sum(getattr(line, name) for line in account.lines)) for name in numbers)
