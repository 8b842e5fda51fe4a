"""The frame of the command line: lazy commands, near names, errors as one line and a code."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

import elfaust
from elfaust.commands import COMMANDS, main
from elfaust.errors import ElfaustError, ServerAway, SettingsError, StackError, Unacknowledged
from elfaust.settings import PROFILES, Settings


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Greet the profile."""
    click.echo(f"Hello, {settings.profile}.")


def test_a_command_is_a_module_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("elfaust.commands.greet")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "elfaust.commands.greet", module)
    monkeypatch.setitem(COMMANDS, "greet", "Greet the profile.")
    assert "Greet the profile." in CliRunner().invoke(main, ["--help"]).output
    assert CliRunner().invoke(main, ["--profile", "beta", "greet"]).output == "Hello, beta.\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found_and_has_help_without_settings(name: str) -> None:
    environ = {"ELFAUST_PROFILE": "no profile at all"}
    result = CliRunner().invoke(main, [name, "--help"], env=environ)
    assert result.exit_code == 0, result.output
    assert f"Usage: main {name}" in result.output


def test_help_lists_the_commands_and_examples() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert all(summary in result.output for summary in COMMANDS.values())
    assert "elfaust run --events 20000" in result.output
    assert f"Profile: {', '.join(PROFILES)}." in result.output


def test_help_imports_no_command_and_no_faust() -> None:
    script = (
        "import sys, elfaust.commands as c;"
        "c.main(['--help'], standalone_mode=False);"
        "slow = {'faust', 'MySQLdb', 'pyarrow', 'aiokafka', 'pydantic', 'orjson'};"
        "sys.exit(bool(slow & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL).returncode == 0


def test_what_a_terminal_has_no_character_for_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    with io.TextIOWrapper(io.BytesIO(), encoding="latin-1") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(SystemExit):
            main(["--version"], prog_name="elfaust")
        click.echo("\u041a \ud800")
        assert out.buffer.getvalue().endswith(b"\\u041a \\ud800\n")


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"elfaust, version {elfaust.__version__}\n"


def test_a_near_name_is_named() -> None:
    result = CliRunner().invoke(main, ["stauts"])
    assert result.exit_code == 2
    assert "No such command 'stauts'. Did you mean 'status'?" in result.output


def test_a_name_that_is_near_to_none_is_refused() -> None:
    result = CliRunner().invoke(main, ["xyzzy"])
    assert result.exit_code == 2
    assert "No such command 'xyzzy'" in result.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("no such  setting"), 2),
        (ServerAway("Kafka", "refused\n twice"), 3),
        (Unacknowledged("Kafka", "silent"), 3),
        (StackError("port 9092 is in use"), 1),
    ],
)
def test_an_error_is_one_line_on_stderr_and_a_code(
    error: ElfaustError, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(main, "get_command", lambda *_: command)
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == f"Error: {' '.join(str(error).split())}\n"


def test_settings_that_do_not_fit_exit_2() -> None:
    result = CliRunner().invoke(main, ["config", "show"], env={"ELFAUST_MYSQL_PORT": "x"})
    assert result.exit_code == 2
    assert "ELFAUST_MYSQL_PORT: mysql.port = 'x' is not a whole number" in result.stderr


def test_the_module_runs_as_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "elfaust", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("elfaust, version ")


FULL = (
    "Error: stdout is full: No space left on device:"
    " the output is cut off: make room on its disk, or write to another one\n"
)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("config show > /dev/full", FULL),
        ("--help > /dev/full", FULL),
        ("schema lint --json > /dev/full", FULL),
        ("validate /proc/self/mem", "Error: reading or writing: Input/output error\n"),
        ("validate 0<&- ", "0 events: 0 valid, 0 refused\n"),
    ],
)
def test_what_the_system_says_of_a_stream_is_one_line(command: str, said: str) -> None:
    shell = f"{sys.executable} -m elfaust {command}"
    result = subprocess.run(shell, shell=True, capture_output=True, text=True)
    assert (result.stderr.splitlines(True)[-1], result.returncode) == (
        said,
        int("Error" in said),
    )
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["check", "--jsno"], {}, "No such option: --jsno"),
        (["check"], {"ELFAUST_MYSQL_PORT": "x"}, "mysql.port = 'x' is not a whole number"),
        (["--profile", "nope", "check"], {}, "unknown profile 'nope'"),
    ],
)
def test_a_plugin_that_cannot_judge_says_so_and_is_not_critical(
    arguments: list[str], environ: dict[str, str], said: str
) -> None:
    result = CliRunner().invoke(main, arguments, env=environ)
    assert result.exit_code == 3
    assert result.stdout.startswith("ELFAUST UNKNOWN - ")
    assert said in result.stdout
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("error", [OSError(5, "broken"), ValueError("a | b"), ServerAway("K", "x")])
def test_no_failure_of_a_plugin_is_a_warning(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(_: Settings) -> None:
        raise error

    monkeypatch.setattr("elfaust.commands.check.judged", judged)
    result = CliRunner().invoke(main, ["check"])
    assert (result.exit_code, result.stdout.count("|")) == (3, 0)
    assert result.stdout.startswith("ELFAUST UNKNOWN - ")


def test_full_output_of_a_plugin_is_no_warning() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "elfaust", "check"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_ctrl_c_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def command() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "get_command", lambda *_: command)
    result = CliRunner().invoke(main, ["account"])
    assert (result.exit_code, result.stderr) == (130, "Error: interrupted\n")


def test_what_a_terminal_would_obey_is_escaped_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def fail() -> None:
        raise ElfaustError("no int: \x1b]0;pwn\x07\x9b2J\n 'é'")

    monkeypatch.setattr(main, "get_command", lambda *_: fail)
    result = CliRunner().invoke(main, ["status"])
    assert result.stderr == "Error: no int: \\x1b]0;pwn\\x07\\x9b2J 'é'\n"
