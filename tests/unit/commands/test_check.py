"""elfaust check: a plugin's line, or JSON, and a plugin's exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from elfaust.commands import check
from elfaust.dashboards.judgement import Judged
from elfaust.dashboards.numbers import LEVELS, Number
from elfaust.settings import Settings


@pytest.mark.parametrize("level", LEVELS)
def test_the_exit_code_is_that_of_a_plugin(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Judged(level, ["mysql waits"], [Number("lag_mysql", 3, "s", (300, 900))], 1)
    monkeypatch.setattr(check, "judged", lambda settings: found)
    done = CliRunner().invoke(check.command, [], obj=Settings())
    assert done.exit_code == LEVELS.index(level)
    assert done.output == f"ELFAUST {level.upper()} - mysql waits | lag_mysql=3s;300;900;0\n"
    done = CliRunner().invoke(check.command, ["--json"], obj=Settings())
    assert done.exit_code == LEVELS.index(level)
    assert json.loads(done.output) == {
        "outcome": level,
        "findings": ["mysql waits"],
        "numbers": {"lag_mysql": 3},
    }
