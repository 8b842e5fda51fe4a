"""elfaust config: show in its three shapes, and init."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from elfaust.commands import config, main
from elfaust.events.core import PACKAGE
from tests import REPOSITORY

CASE = json.loads((REPOSITORY / "tests/data/field/20-settings-not-checked.json").read_text())
UNFIT = [next(iter(setting.items())) for setting in CASE["input"]["settings"]]
SECRET = {"ELFAUST_MYSQL_PASSWORD": "s3cret", "ELFAUST_FORWARDER_FOLLOW": "yes"}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """Return a file of settings that a profile and the environment go over."""
    path = tmp_path / "faust.conf"
    path.write_text("[mysql]\nhost = db1\n[dev:mysql]\nhost = db2\n")
    return path


def show(conf: Path, *options: str) -> str:
    """Return what `elfaust config show` prints under profile dev."""
    arguments = ["--conf", str(conf), "--profile", "dev", "config", "show", *options]
    result = CliRunner().invoke(main, arguments, env=SECRET)
    assert result.exit_code == 0, result.output
    assert "s3cret" not in result.output
    return result.stdout


def test_the_table_is_one_line_a_setting(conf: Path) -> None:
    lines = show(conf).splitlines()
    assert len(lines) == 1 + len(list(config.items()))
    host = next(line for line in lines if line.startswith("mysql.host "))
    assert host.split(maxsplit=1)[1].startswith("db2")
    assert f"{conf} [dev:mysql]" in host
    assert host.endswith("The MySQL server is on this host.")
    assert (
        len({line.find(word) for line, word in zip(lines[:2], ("from", "def"), strict=True)}) == 1
    )


def test_json_has_typed_values_and_masks_secrets(conf: Path) -> None:
    shown = json.loads(show(conf, "--json"))
    assert shown["profile"] == "dev"
    assert shown["conf"] == str(conf)
    settings = shown["settings"]
    assert settings["mysql.host"] == {
        "value": "db2",
        "origin": f"{conf} [dev:mysql]",
        "help": "The MySQL server is on this host.",
    }
    assert settings["mysql.password"]["value"] == config.MASK
    assert settings["mysql.password"]["origin"] == "environment ELFAUST_MYSQL_PASSWORD"
    assert settings["forwarder.follow"]["value"] is True
    assert settings["mysql.port"] == {
        "value": 3306,
        "origin": "default",
        "help": "The MySQL server listens on this TCP port.",
    }


def test_a_judge_that_is_missing_is_no_judge(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    conf.write_text("[processor]\njudge = auto\n")
    assert json.loads(show(conf, "--json"))["judge"]["is"] == "python"
    conf.write_text("[processor]\njudge = rust\n")
    judge = json.loads(show(conf, "--json"))["judge"]
    assert judge["is"] is None
    result = CliRunner().invoke(main, ["--conf", str(conf), "config", "show"])
    said = f"no processor starts, for processor.judge is rust: {judge['why']}"
    assert said in result.stderr.splitlines()


def test_markdown_has_the_defaults_whatever_is_set(conf: Path) -> None:
    shown = show(conf, "--markdown")
    assert shown == config.as_markdown()
    assert "| `mysql.port` | `3306` | a whole number from 1 to 65535 | The MySQL server" in shown


def test_a_terminal_gets_a_table_that_fits(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(force_terminal=True, width=120, no_color=True)
    monkeypatch.setattr(config, "Console", lambda: terminal)
    with terminal.capture() as capture:
        show(conf)
    shown = capture.get()
    assert "mysql.host" in shown
    assert "[dev:mysql]" in shown
    assert "{seqId}" in shown


def test_init_writes_the_commented_file_and_never_over_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["config", "init"]).exit_code == 0
    written = Path("faust.conf").read_text()
    assert written == (REPOSITORY / "faust.conf").read_text()
    Path("faust.conf").write_text("# mine\n")
    result = CliRunner().invoke(main, ["config", "init"])
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: faust.conf is there already, and stays as it is\n",
    )
    assert Path("faust.conf").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("name", "text"), [*UNFIT, ("processor.client_format", "%q %q"), ("mysql.port", "'3306'")]
)
@pytest.mark.parametrize("command", [["config", "show"], ["doctor"]])
def test_a_setting_that_cannot_work_is_one_line_of_any_command(
    conf: Path, command: list[str], name: str, text: str
) -> None:
    section, _, key = name.partition(".")
    conf.write_text(f"[{section}]\n{key} = {text}\n")
    result = CliRunner().invoke(main, ["--conf", str(conf), *command])
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {conf} [{section}]: {name} = {text!r} is not ")


def test_settings_that_cannot_work_have_a_line_each(conf: Path) -> None:
    conf.write_text("[mysql]\nport = x\n[hdfs]\nroot = wmf\n")
    result = CliRunner().invoke(main, ["--conf", str(conf), "config", "show"])
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"Error: {conf} [mysql]: mysql.port = 'x' is not")
    assert second.startswith(f"{conf} [hdfs]: hdfs.root = 'wmf' is not an absolute path")


def test_json_and_markdown_exclude_each_other() -> None:
    result = CliRunner().invoke(main, ["config", "show", "--json", "--markdown"])
    assert (result.exit_code, result.stdout) == (2, "")
