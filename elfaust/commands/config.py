"""elfaust config: every setting, its origin and meaning; a first faust.conf."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table

from elfaust.errors import ElfaustError
from elfaust.events.core import is_missing, way_of
from elfaust.settings import SECTIONS, Settings
from elfaust.settings.reading import EXAMPLE
from elfaust.settings.values import fields_of, wanted

MASK = "********"
HEADINGS = ("setting", "value", "from", "meaning")


class Row(NamedTuple):
    """One setting as it is shown; a secret that is set is masked."""

    name: str
    value: Any
    origin: str
    help: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row as text, true and false as faust.conf has them."""
        value = str(self.value).lower() if isinstance(self.value, bool) else str(self.value)
        return self.name, value, self.origin, self.help


@click.group()
def command() -> None:
    """Show the settings and where each came from; write a first faust.conf."""


@command.command()
def init() -> None:
    """Write a commented example of faust.conf into the current folder."""
    conf = Path("faust.conf")
    try:
        with conf.open("xb") as file:
            file.write(EXAMPLE.read_bytes())
    except FileExistsError as error:
        raise ElfaustError(f"{conf} is there already, and stays as it is") from error
    click.echo(f"{conf}: change what you need; elfaust reads it in this folder", err=True)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--markdown", is_flag=True, help="Print the defaults as a Markdown table.")
@click.pass_obj
def show(settings: Settings, as_json: bool, markdown: bool) -> None:
    """Print every setting with its value, its origin and its meaning; secrets are masked."""
    if markdown and as_json:
        raise click.UsageError("--json and --markdown exclude each other")
    if markdown:
        click.echo(as_markdown(), nl=False)
    elif as_json:
        click.echo(json.dumps(as_object(settings)))
    else:
        click.echo(f"profile {settings.profile}, {settings.conf or 'no faust.conf'}", err=True)
        click.echo(judged_by(settings), err=True)
        _print(list(rows(settings)))


def judged_by(settings: Settings) -> str:
    """Return which way plain lines are judged, and why, in one sentence."""
    way = way_of(settings)
    if is_missing(settings, way):
        return f"no processor starts, for processor.judge is rust: {way.why}"
    return f"plain lines are judged by {way}"


def rows(settings: Settings) -> Iterator[Row]:
    """Return all settings in the order of the table."""
    for section, key, field in items():
        name = f"{section}.{key}"
        value = getattr(getattr(settings, section), key)
        shown = MASK if value and not field.repr else value
        yield Row(name, shown, settings.origins.get(name, "default"), field.description or "")


def items() -> Iterator[tuple[str, str, FieldInfo]]:
    """Return the section, the key and the declaration of every setting."""
    for section, declared in SECTIONS.items():
        for key, field in fields_of(declared).items():
            yield section, key, field


def as_object(settings: Settings) -> dict[str, Any]:
    """Return the settings as the JSON shape that `--json` prints."""
    way = way_of(settings)
    judge = None if is_missing(settings, way) else way.name
    return {
        "profile": settings.profile,
        "conf": settings.conf,
        "judge": {"is": judge, "why": way.why},
        "settings": {
            row.name: {"value": row.value, "origin": row.origin, "help": row.help}
            for row in rows(settings)
        },
    }


def as_markdown() -> str:
    """Return the table of all settings with their defaults, in Markdown."""
    lines = ["| setting | default | is | meaning |", "| --- | --- | --- | --- |"]
    for section, key, field in items():
        row = Row(f"{section}.{key}", field.default, "default", field.description or "")
        name, default, _, meaning = row.cells
        shown = f"`{default}`" if default else "empty"
        meaning = meaning.replace("<", "&lt;")
        lines.append(f"| `{name}` | {shown} | {wanted(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _print(found: list[Row]) -> None:
    """Print a table that fits the terminal; elsewhere one whole line a setting, aligned."""
    console = Console()
    if console.is_terminal:
        table = Table(box=None, pad_edge=False)
        for heading in HEADINGS:
            table.add_column(heading, no_wrap=heading == "setting", overflow="fold")
        for row in found:
            # Text of a setting may look like rich's markup.
            table.add_row(*(cell.replace("[", r"\[") for cell in row.cells))
        console.print(table)
        return
    lines = [HEADINGS, *(row.cells for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=False))
        click.echo("  ".join((*padded, line[3])))
