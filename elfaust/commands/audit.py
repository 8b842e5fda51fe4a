"""elfaust audit: whether every event is stored, once, and the same everywhere."""

from __future__ import annotations

import asyncio
import json

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from elfaust.audit.audit import Audit, audit
from elfaust.commands.account import as_object
from elfaust.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Compare topics, tables, files, counts and offsets with each other.

    Exits 1 on a finding, and while the audit is incomplete because records wait or a worker is not
    well.
    """
    found = watched(settings)
    if as_json:
        click.echo(json.dumps(shape(found)))
    else:
        show(found)
    raise SystemExit(1 if found.findings or found.incomplete else 0)


def watched(settings: Settings) -> Audit:
    """Return an audit; on a terminal, show its progress as a bar."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), "records", TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("audit", total=None)
        return asyncio.run(
            audit(settings, lambda done, of: bar.update(task, completed=done, total=of))
        )


def shape(found: Audit) -> dict[str, object]:
    """Return an audit as the JSON that `--json` prints."""
    return {
        "findings": [finding._asdict() for finding in found.findings],
        "told": [finding._asdict() for finding in found.notes],
        "waiting": found.waiting,
        "incomplete": found.incomplete,
        "account": as_object(found.account),
    }


def show(found: Audit) -> None:
    """Print an audit for people."""
    for kind, where, number, detail in [*found.notes, *found.findings]:
        click.echo(f"{kind:<10} {where}: {number}: {detail}")
    for why in found.incomplete:
        click.echo(f"incomplete {why}")
    stored = sum(entry.stored for entry in found.account.entries)
    errors = sum(entry.errors for entry in found.account.entries)
    verdicts = [
        *([f"{len(found.findings)} findings"] if found.findings else []),
        *(["INCOMPLETE"] if found.incomplete else []),
    ]
    verdict = ", ".join(verdicts) or "ALL THERE, ONCE"
    click.echo(f"{found.account.raw} raw lines, {stored} stored, {errors} errors: {verdict}")
