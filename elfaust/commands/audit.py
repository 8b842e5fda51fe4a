"""elfaust audit: is everything there, once, and the same everywhere?"""

from __future__ import annotations

import asyncio
import json

import click

from elfaust.audit import Audit, audit
from elfaust.commands.account import as_object
from elfaust.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a program.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Hold topics, tables, files, counts and offsets against each other; exit 1 on a finding.

    Reads all that there is. Events that are not acknowledged yet are no finding.
    """
    found = asyncio.run(audit(settings))
    if as_json:
        click.echo(json.dumps(shape(found)))
    else:
        show(found)
    raise SystemExit(1 if found.findings else 0)


def shape(found: Audit) -> dict[str, object]:
    """Return an audit as the JSON that `--json` prints."""
    return {
        "findings": [finding._asdict() for finding in found.findings],
        "waiting": found.waiting,
        "account": as_object(found.account),
    }


def show(found: Audit) -> None:
    """Print an audit for people."""
    for kind, where, number, detail in found.findings:
        click.echo(f"{kind:<10} {where}: {number}: {detail}")
    waiting = ", ".join(f"{role} {count}" for role, count in found.waiting.items() if count)
    if waiting:
        click.echo(f"not acknowledged yet: {waiting}")
    stored = sum(line.stored for line in found.account.lines)
    errors = sum(line.errors for line in found.account.lines)
    verdict = f"{len(found.findings)} findings" if found.findings else "ALL THERE, ONCE"
    click.echo(f"{found.account.raw} raw lines, {stored} stored, {errors} errors: {verdict}")
