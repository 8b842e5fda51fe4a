"""elfaust doctor: what it prints, and its exit code."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from elfaust.checks import Check
from elfaust.commands import doctor, main

OK = Check("MySQL", "ok", "database log")
WARN = Check("topics", "warn", "not there yet", "start the workers")
FAIL = Check("lanes", "fail", "one has 2", "add partitions")


def run(monkeypatch: pytest.MonkeyPatch, checks: list[Check], *arguments: str) -> Result:
    monkeypatch.setattr(doctor, "examine", lambda _: checks)
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_a_line_each_and_what_to_do_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, [OK, WARN, FAIL])
    assert result.stdout.splitlines() == [
        "ok    MySQL: database log",
        "warn  topics: not there yet",
        "      -> start the workers",
        "fail  lanes: one has 2",
        "      -> add partitions",
        "3 checks: 1 ok, 1 warn, 1 fail",
    ]
    assert result.exit_code == 1


def test_a_warning_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, [OK, WARN]).exit_code == 0


def test_json_is_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, [OK, FAIL], "--json")
    assert json.loads(result.stdout) == {
        "outcome": "fail",
        "checks": [
            {"name": "MySQL", "outcome": "ok", "detail": "database log", "cure": ""},
            {"name": "lanes", "outcome": "fail", "detail": "one has 2", "cure": "add partitions"},
        ],
    }
    assert result.exit_code == 1


def test_settings_that_cannot_be_read_are_told_before_any_check() -> None:
    result = CliRunner().invoke(main, ["doctor"], env={"ELFAUST_MYSQL_PORT": "x"})
    assert (result.exit_code, result.stdout) == (2, "")
