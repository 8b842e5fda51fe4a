"""The documentation names every setting and command, and its links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

import click
import pytest

from elfaust.commands import COMMANDS, main
from elfaust.commands.config import as_markdown, items
from elfaust.errors import ElfaustError
from elfaust.metrics.reference import as_markdown as table_of_metrics
from elfaust.roles import ROLES
from tests import REPOSITORY
from tests.exit_codes import exit_codes

REFERENCE = (REPOSITORY / "docs" / "reference.md").read_text()
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
#: Code in a document that is part of a file.
SHOWN = re.compile(r"<!-- from (\S+) -->\n```[a-z]+\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
SETTING = re.compile(r"`([a-z]+)\.(?!py`)([a-z_]+)`")
TARGET = re.compile(r"\bmake ([a-z]+)")
OPERATING = (REPOSITORY / "docs" / "operating.md").read_text()
QUOTE = re.compile(r'"([^"`\n]+)"')
#: What stands for a value in a quoted message, or between two messages in one.
FILLED = re.compile(r"\.\.\.|: |:$|\b\w*\d\w*\b,?")
#: Words of servers and of the system that are quoted as well.
OF_SERVERS = {"address already in use", "full", "quota", "read-only"}
#: Rows of its tables that others point to.
ROWS = set(re.findall(r"(?m)^\| ([^|]+) \|", OPERATING))


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Return a command, or those of a group, with their names."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for sub, inner in command.commands.items():
        yield from commands(f"{name} {sub}", inner)


def test_the_table_of_settings_is_up_to_date() -> None:
    assert as_markdown() in REFERENCE, "make docs writes it"


def test_the_table_of_metrics_is_up_to_date() -> None:
    assert table_of_metrics() in REFERENCE, "make docs writes it"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    for path, command in commands(name, found):
        line = re.search(rf"^\| `elfaust {path}\b.*$", REFERENCE, re.MULTILINE)
        assert line, f"elfaust {path}"
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[0] in line[0], f"elfaust {path} {parameter.opts[0]}"


def test_every_command_is_in_the_table_of_exit_codes_once() -> None:
    known = [
        path
        for name in COMMANDS
        if (found := main.get_command(click.Context(main), name))
        for path, _ in commands(name, found)
    ]
    assert sorted(known) == sorted(row.command for row in exit_codes())
    servers = {server for row in exit_codes() for server in row.away}
    assert servers == {"Kafka", "MySQL", "HDFS", "schema wiki", "Hive"}


def test_every_error_ends_with_a_code_of_the_table() -> None:
    def below(kind: type[ElfaustError]) -> Iterator[type[ElfaustError]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from below(inner)

    codes = {kind.__name__: kind.exit_code for kind in below(ElfaustError)}
    assert set(codes.values()) == {1, 2, 3}
    assert {name for name, code in codes.items() if code == 3} >= {"ServerAway", "SchemaAway"}


@pytest.mark.parametrize("document", ["README.md", "docs/reference.md"])
def test_every_role_is_named_where_workers_are(document: str) -> None:
    [row] = re.findall(r"(?m)^\| `elfaust worker ROLE.*$", (REPOSITORY / document).read_text())
    assert set(ROLES) <= set(re.findall(r"\w+", row))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_and_targets_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    settings: dict[str, set[str]] = {}
    for section, key, _ in items():
        settings.setdefault(section, set()).add(key)
    for section, key in SETTING.findall(text):
        assert section not in settings or key in settings[section], f"{section}.{key}"
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in TARGET.findall("\n".join(re.findall(r"`[^`]+`", text))):
        assert f"\n{target}:" in makefile, f"make {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_that_is_shown_is_that_of_the_file(document: Path) -> None:
    text = document.read_text()
    shown = SHOWN.findall(text)
    assert len(shown) == text.count("<!-- from ")
    for file, code in shown:
        assert code in (REPOSITORY / file).read_text(), f"{file}: {code[:60]}"


@pytest.fixture(scope="module")
def messages() -> str:
    """Return the texts in elfaust's code, one a line."""
    files = (REPOSITORY / "elfaust").rglob("*.py")
    return "\n".join(_texts(compile(file.read_text(), str(file), "exec") for file in files))


def _texts(constants: Iterable[object]) -> Iterator[str]:
    for of in constants:
        if isinstance(of, str):
            yield of
        elif isinstance(of, CodeType):
            yield from _texts(of.co_consts)
        elif isinstance(of, tuple | frozenset):
            yield from _texts(of)


def test_the_runbook_quotes_what_elfaust_says(messages: str) -> None:
    parts = {part.strip() for quote in QUOTE.findall(OPERATING) for part in FILLED.split(quote)}
    assert "takes no rows" in parts
    assert sorted(part for part in parts - OF_SERVERS - ROWS if part not in messages) == []
