"""elfaust doctor: whether this configuration can run, and what to do where it cannot."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence

import click

from elfaust.doctor.check import OUTCOMES, Check, worst
from elfaust.doctor.examination import examine
from elfaust.settings import Settings

#: Libraries that complain of what a check already says.
LOUD = ("aiokafka", "hdfs", "urllib3")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a program.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Check settings, servers, tables and folders; exit 1 if something cannot work."""
    for name in LOUD:
        logging.getLogger(name).addHandler(logging.NullHandler())
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
    """Print checks for people: a line each, what to do below it, and how many of each outcome."""
    for check in checks:
        click.echo(f"{check.outcome:<5} {check.name}: {check.detail}")
        if check.cure:
            click.echo(f"      -> {check.cure}")
    counts = Counter(check.outcome for check in checks)
    counted = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    click.echo(f"{len(checks)} checks: {counted}")
