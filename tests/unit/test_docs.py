"""The documentation names every setting and command, and its links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from elfaust.commands import COMMANDS, main
from elfaust.commands.config import as_markdown, items
from tests import REPOSITORY

REFERENCE = (REPOSITORY / "docs" / "reference.md").read_text()
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
SETTING = re.compile(r"`([a-z]+)\.(?!py`)([a-z_]+)`")
TARGET = re.compile(r"\bmake ([a-z]+)")


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Return a command, or those of a group, with their names."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for sub, inner in command.commands.items():
        yield from commands(f"{name} {sub}", inner)


def test_the_table_of_settings_is_up_to_date() -> None:
    assert as_markdown() in REFERENCE, "make docs writes it"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    for path, command in commands(name, found):
        line = re.search(rf"^\| `elfaust {path}\b.*$", REFERENCE, re.MULTILINE)
        assert line, f"elfaust {path}"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in line[0], f"elfaust {path} {parameter.opts[0]}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_and_targets_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    settings: dict[str, set[str]] = {}
    for section, item in items():
        settings.setdefault(section, set()).add(item.name)
    for section, key in SETTING.findall(text):
        assert section not in settings or key in settings[section], f"{section}.{key}"
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in TARGET.findall("\n".join(re.findall(r"`[^`]+`", text))):
        assert f"\n{target}:" in makefile, f"make {target}"
