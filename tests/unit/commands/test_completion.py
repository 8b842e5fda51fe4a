"""Completion: commands, roles, schemas with their revisions, topics; nothing where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from elfaust.commands import main
from elfaust.commands.completion import SHELLS, VARIABLE


def completed(line: str) -> list[str]:
    *args, incomplete = line.split(" ")
    shell = ShellComplete(main, {}, "elfaust", VARIABLE)
    return [item.value for item in shell.get_completions(args, incomplete)]


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, revision in (("Edit", 17), ("Edit", 18), ("Save", 3)):
        file = tmp_path / "schemas" / name / f"{revision}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"properties": {}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ELFAUST_SCHEMAS_FOLDER", str(tmp_path / "schemas"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sta", ["stack", "status"]),
        ("worker m", ["mysql"]),
        ("lag --role h", ["hdfs"]),
        ("schema show E", ["Edit"]),
        ("schema ddl Edit 1", ["17", "18"]),
        ("schema diff Edit 17 1", ["17", "18"]),
        ("errors --schema S", ["Save"]),
        (
            "lag --topic eventlogging_E",
            ["eventlogging_Edit_17", "eventlogging_Edit_18", "eventlogging_EventError"],
        ),
        ("up --workers my", ["mysql="]),
        ("stack logs ka", ["kafka"]),
    ],
)
@pytest.mark.usefixtures("schemas")
def test_what_is_typed_is_completed(line: str, found: list[str]) -> None:
    assert completed(line) == found


@pytest.mark.usefixtures("schemas")
def test_settings_that_cannot_be_read_complete_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELFAUST_WEB_PORT", "none")
    assert completed("errors --schema S") == []
    assert completed("schema ddl Edit 1") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_that_asks_elfaust(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).output
    assert VARIABLE in script
    assert "elfaust" in script
