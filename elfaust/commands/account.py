"""elfaust account: lines in, events out, and where each of them is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

import click

from elfaust.audit.account import Account, Line, read_account
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
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Add up raw lines, records, rows and counts; exit 1 if they do not balance."""
    account = asyncio.run(read_account(settings))
    if as_json:
        click.echo(json.dumps(as_object(account)))
    else:
        show(account)
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
                **{key: value for key, value in asdict(line).items() if key != "key"},
            }
            for line in account.lines
        ],
    }


def show(account: Account) -> None:
    """Print an account as a table with its sum, and what does not balance."""
    rows = [_row(line) for line in account.lines]
    for row in [HEADINGS, *rows, _sum(account)]:
        name, *cells = row
        click.echo(
            f"{name:<44}"
            + "".join(f"{cell:>28}" if i == 2 else f"{cell:>9}" for i, cell in enumerate(cells))
        )
    for problem in account.problems:
        click.echo(f"does not balance: {problem}")
    click.echo(
        f"{account.raw} raw lines: {'BALANCES' if not account.problems else 'DOES NOT BALANCE'}"
    )


def _row(line: Line) -> tuple[str, ...]:
    codes = " ".join(f"{code} {n}" for code, n in sorted(line.invalid.items())) or "0"
    name = f"{line.key.schema}_{line.key.revision}"
    numbers = (line.valid, line.mysql, line.parquet, line.counted_lines)
    return (name, str(line.lines), str(line.stored), codes, *map(str, numbers))


def _sum(account: Account) -> tuple[str, ...]:
    numbers = ("lines", "stored", "errors", "valid", "mysql", "parquet", "counted_lines")
    return "all", *(str(sum(getattr(line, name) for line in account.lines)) for name in numbers)
