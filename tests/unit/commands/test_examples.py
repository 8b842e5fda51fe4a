"""Help begins with examples, and each of them is a command line that elfaust takes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from elfaust.commands import COMMANDS, main
from elfaust.commands.examples import EXAMPLES


def paths(command: click.Command, path: str = "") -> Iterator[str]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from paths(inner, f"{path} {name}".strip())


def test_every_command_has_examples() -> None:
    assert set(paths(main)) == set(EXAMPLES)


@pytest.mark.parametrize(
    "line", [line for lines in EXAMPLES.values() for line, _ in lines if "$" not in line]
)
def test_an_example_is_taken(line: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    args = shlex.split(line.partition(" > ")[0].replace("events.log", "-"))
    command: click.Command = main
    if args[0] == "--profile":
        args = args[2:]
    names = set(COMMANDS)
    while isinstance(command, click.Group):
        assert args[0] in names
        inner = command.get_command(click.Context(command), args.pop(0))
        assert inner is not None
        command, names = inner, set(inner.commands) if isinstance(inner, click.Group) else set()
    # Reads the arguments, and runs nothing.
    command.make_context("elfaust", args)


@pytest.mark.parametrize("args", [[], ["lag"], ["stack"], ["schema", "diff"]])
def test_help_shows_examples_before_all_else(args: list[str]) -> None:
    lines = CliRunner().invoke(main, [*args, "--help"]).output.splitlines()
    assert lines[0].startswith("Usage:")
    assert lines[2].strip().startswith("elfaust ")
    assert CliRunner().invoke(main, [*args, "--help"]).output.splitlines() == lines
