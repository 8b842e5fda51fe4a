"""What `elfaust audit` says, and how it exits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from elfaust.audit.account import Account
from elfaust.audit.audit import Audit
from elfaust.commands.audit import command
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding

LOST = Finding("lost", "MySQL Edit_1", 1, "u")
REFUSED = Finding("refused", "MySQL Edit_1", 1, "refused here, stored in Parquet: u")


def run(monkeypatch: pytest.MonkeyPatch, found: Audit, *arguments: str) -> Any:
    async def audit(settings: Settings, tick: Any) -> Audit:
        tick(1, 2)
        return found

    monkeypatch.setattr("elfaust.commands.audit.audit", audit)
    return CliRunner().invoke(command, arguments, obj=Settings())


@pytest.mark.parametrize(
    ("found", "code", "verdict"),
    [
        (Audit(Account(0, [], {}), [], {"mysql": 0}), 0, "ALL THERE, ONCE"),
        (Audit(Account(0, [], {}), [], {}, [REFUSED]), 0, "ALL THERE, ONCE"),
        (Audit(Account(0, [], {}), [LOST], {}), 1, "1 findings"),
        (Audit(Account(0, [], {}), [], {"mysql": 2}), 1, "INCOMPLETE"),
        (Audit(Account(0, [], {}), [LOST], {}, (), ["hdfs holds events: x"]), 1, "INCOMPLETE"),
    ],
)
def test_an_audit_exits_0_only_if_all_is_there_and_nothing_waits(
    monkeypatch: pytest.MonkeyPatch, found: Audit, code: int, verdict: str
) -> None:
    done = run(monkeypatch, found)
    assert done.exit_code == code
    assert verdict in done.output.splitlines()[-1]


def test_a_program_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Audit(Account(0, [], {}), [LOST], {"mysql": 2}, [REFUSED], ["hdfs waits for HDFS"])
    done = run(monkeypatch, found, "--json")
    said = json.loads(done.output)
    assert [said["findings"], said["told"]] == [[LOST._asdict()], [REFUSED._asdict()]]
    assert said["incomplete"] == ["mysql has 2 records before it", "hdfs waits for HDFS"]
