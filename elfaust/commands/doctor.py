"""elfaust doctor: whether elfaust can run with this configuration, and what to do if not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import click

from elfaust.checks import OUTCOMES, Check, worst
from elfaust.doctor.examination import examine
from elfaust.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Check whether elfaust can run: settings, servers, tables and folders.

    Exits 1 if a check fails.
    """
    checks = examine(settings)
    if as_json:
        click.echo(json.dumps(as_object(checks)))
    else:
        show(checks)
    raise SystemExit(1 if worst(checks) == "fail" else 0)


def as_object(checks: Sequence[Check]) -> dict[str, object]:
    """Return checks as the JSON shape that `--json` prints."""
    return {"outcome": worst(checks), "checks": [check._asdict() for check in checks]}


def show(checks: Sequence[Check]) -> None:
    """Print checks for people: one line each, with what to do below it, and totals by outcome."""
    for check in checks:
        click.echo(f"{check.outcome:<5} {check.name}: {check.detail}")
        if check.cure:
            click.echo(f"      -> {check.cure}")
    counts = Counter(check.outcome for check in checks)
    counted = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    click.echo(f"{len(checks)} checks: {counted}")
