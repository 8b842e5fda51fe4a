"""What whoever operates it sees of Hive, on real servers: run, doctor, audit, check, /metrics."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
import requests

from elfaust.audit.audit import audit
from elfaust.audit.hive import in_hive
from elfaust.checks import Check
from elfaust.dashboards.judgement import judged
from elfaust.doctor.examination import examine
from elfaust.hive.server import session
from elfaust.settings import Settings, as_environ
from elfaust.trial.job import landed
from elfaust.workers.state import alive
from tests.chaos.trial import until
from tests.hive.sending import sent_of
from tests.integration.running import working

LINES = 60
TABLE = "savetiming_18481943"


def of_hive(settings: Settings) -> list[Check]:
    return [check for check in examine(settings) if "Hive" in check.name]


def metrics(settings: Settings) -> str:
    [worker] = [of for of in alive(settings) if of.role == "hive"]
    return requests.get(f"{worker.web}metrics", timeout=10).text


@pytest.mark.long
def test_run_ends_with_the_rows_that_hive_finds(hive: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "elfaust", "run", "--events", "1000", "--with", "hive"],
        env={**os.environ, **as_environ(hive)},
        capture_output=True,
        text=True,
        timeout=230,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *_, heading, total, verdict = (
        line
        for line in done.stdout.splitlines()
        if line.startswith(("schema revision", "all", "1000 raw lines"))
    )
    assert heading.split()[-4:] == ["MySQL", "Parquet", "Hive", "counted"]
    assert total.split()[-4:] == ["950", "950", "950", "1000"]
    assert verdict == "1000 raw lines: BALANCES"


@pytest.mark.long
def test_what_is_altered_by_hand_is_seen_everywhere_and_costs_no_event(hive: Settings) -> None:
    with working(hive, forwarder=0):
        sent_of(hive, ["SaveTiming"], LINES)
        asyncio.run(landed(hive, LINES, timeout=90.0))
        asyncio.run(in_hive(hive))
        assert {check.outcome for check in of_hive(hive)} == {"ok"}
        assert len(of_hive(hive)) == 3
        assert "\nelfaust_hive_partitions_missing 0.0" in metrics(hive)
        assert "\nelfaust_hive_partitions_added_total 0.0" not in metrics(hive)
        assert asyncio.run(audit(hive)).findings == []
        with session(hive.hive) as asked:
            table = f"`{hive.hive.database}`.{TABLE}"
            asked.rows(f"ALTER TABLE {table} SET TBLPROPERTIES ('external.table.purge'='true')")
        [warned] = [check for check in of_hive(hive) if check.outcome != "ok"]
        assert (warned.outcome, TABLE in warned.detail, "ALTER TABLE" in warned.cure) == (
            "warn",
            True,
            True,
        )
        found = asyncio.run(audit(hive)).findings
        assert [(finding.kind, finding.where) for finding in found] == [("hive", TABLE)]
        with session(hive.hive) as asked:
            asked.rows(f"DROP VIEW `{hive.hive.database}`.savetiming")
            asked.rows(f"ALTER TABLE {table} SET TBLPROPERTIES ('external.table.purge'='false')")
            asked.rows(f"DROP TABLE {table}")
        until(lambda: TABLE not in str(judged(hive).findings), "the table is as it should be")
        asyncio.run(in_hive(hive))
        assert asyncio.run(audit(hive)).findings == []
