"""elfaust dashboards KIND: alert rules and dashboards, as files for the tools that show them."""

from __future__ import annotations

from pathlib import Path

import click

from elfaust.dashboards.files import KINDS, files_for
from elfaust.errors import ElfaustError
from elfaust.settings import Settings


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Write into this folder, and make it if it is not there.",
)
@click.pass_obj
def command(settings: Settings, kind: str, out: Path) -> None:
    """Write alert rules or a dashboard for KIND: prometheus, grafana or graphite.

    Files of the same names are replaced.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files_for(kind, settings).items():
            (out / name).write_text(text)
            click.echo(str(out / name))
    except OSError as error:
        raise ElfaustError(f"{out}: {error}") from error
