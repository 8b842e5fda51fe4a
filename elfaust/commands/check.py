"""elfaust check: one line and an exit code, as plugins of Icinga and Nagios have them."""

from __future__ import annotations

import json

import click

from elfaust.dashboards.judgement import Judged, judged
from elfaust.dashboards.numbers import LEVELS
from elfaust.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Judge the workers of this machine, in one line with performance data.

    Exits 0 if all is well, 1 for a warning, 2 if it is critical, and 3 if nobody knows.
    """
    found = judged(settings)
    click.echo(json.dumps(found.as_object()) if as_json else line(found))
    raise SystemExit(LEVELS.index(found.level))


def line(found: Judged) -> str:
    """Return what a plugin prints: the level, what is wrong, and numbers behind a bar."""
    # A bar in the text would begin the numbers.
    text = "; ".join(found.findings).replace("|", "/") or f"{found.workers} workers are well"
    numbers = " ".join(f"{number}" for number in found.numbers)
    return " ".join(f"ELFAUST {found.level.upper()} - {text} | {numbers}".split())
