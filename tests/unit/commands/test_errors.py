"""What `elfaust errors` shows, and with which code it ends."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from elfaust.audit.errors_since import Errors, Kind
from elfaust.commands import errors
from elfaust.settings import Settings

NOW = 1_800_000_000.0
FOUND = [
    Errors(Kind("Edit", 1, "validation", "$.event.a"), 30, 1_799_999_990_000, 1_799_999_995_000),
    Errors(Kind("\x1b[2J", 2, "consumer", ""), 1, 1_799_999_000_000, 1_799_999_000_000, "\n\r"),
]


def test_a_line_has_number_rate_schema_code_and_path() -> None:
    first, _, second, *_, total = errors.as_text(FOUND, NOW, 600.0).splitlines()
    assert " ".join(first.split()) == "30 3.0/min Edit 1 validation $.event.a, last 5 s ago"
    assert " ".join(second.split()) == r"1 0.1/min '\x1b[2J' 2 consumer, last 17 m ago"
    assert total == "31 errors in the last 10 m, 3.1 a minute"


def test_nothing_that_a_client_made_up_reaches_the_terminal_as_it_is() -> None:
    assert all(line.isprintable() for line in errors.as_text(FOUND, NOW, 60.0).splitlines())


@pytest.mark.parametrize(("schema", "code", "number"), [("Edit", 1, 30), ("SaveTiming", 0, 0)])
def test_it_ends_with_1_where_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, schema: str, code: int, number: int
) -> None:
    async def found(settings: Settings, since: float) -> list[Errors]:
        return FOUND

    monkeypatch.setattr(errors, "errors_since", found)
    arguments = ["--json", "--schema", schema]
    result = CliRunner().invoke(errors.command, arguments, obj=Settings())
    assert (result.exit_code, json.loads(result.output)["errors"]) == (code, number)


def test_a_schema_that_nobody_knows_is_refused_and_has_not_0_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def none(*_: object) -> list[Errors]:
        return []

    monkeypatch.setattr(errors, "errors_since", none)
    result = CliRunner().invoke(errors.command, ["--schema", "SaveTimin"], obj=Settings())
    assert result.exit_code == 2
    assert "no schema 'SaveTimin' is known" in result.output
    assert "Did you mean 'SaveTiming'?" in result.output
    result = CliRunner().invoke(errors.command, ["--schema", "unknown"], obj=Settings())
    assert result.exit_code == 0
