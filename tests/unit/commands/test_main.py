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
UNREADABLE = "Error: reading or writing: Input/output error\n"


#: Runs commands as processes of their own, which need not import all again. A closed stdin is none.
COMMANDS_OF_ONE = """
import importlib, os, sys
from elfaust.commands import main

for module in ("check", "config", "schema", "validate"):
    importlib.import_module(f"elfaust.commands.{module}")
for arguments, out, log, has_input in eval(sys.argv[1]):
    if not (child := os.fork()):
        os.dup2(os.open(out, os.O_WRONLY), 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT), 2)
        if not has_input:
            os.close(0)
            sys.stdin = None
        sys.exit(main(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_what_the_system_says_of_a_stream_is_one_line(tmp_path: Path) -> None:
    commands = (
        ("config show", "/dev/full", True, FULL, 1),
        ("--help", "/dev/full", True, FULL, 1),
        ("schema lint --json", "/dev/full", True, FULL, 1),
        ("validate /proc/self/mem", "/dev/null", True, UNREADABLE, 1),
        ("validate", "/dev/null", False, "0 events: 0 valid, 0 refused\n", 0),
        # A plugin that cannot say what it has found is no warning.
        ("check", "/dev/full", True, "", 3),
    )
    logs = [tmp_path / f"{n}.err" for n in range(len(commands))]
    given = [
        (words.split(), out, str(log), has_input)
        for (words, out, has_input, *_), log in zip(commands, logs, strict=True)
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS_OF_ONE, repr(given)], capture_output=True, text=True
    )
    assert done.stdout.split() == [str(code) for *_, code in commands], done.stderr
    for (words, _, _, said, _), log in zip(commands, logs, strict=True):
        text = log.read_text()
        assert text.endswith(said), words
        assert "Traceback" not in text


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
