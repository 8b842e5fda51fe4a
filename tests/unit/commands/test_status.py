"""What `elfaust status` shows: roles first, what each waits for, and never 0 for unknown."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from elfaust.commands import status
from elfaust.commands.status import as_text, describe
from elfaust.delivery.lag import TopicLag
from elfaust.errors import ServerAway
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import Trouble, WorkerSaid
from elfaust.settings import Settings

NOW = 1_800_000_000.0
EDIT, SAVE = "eventlogging_Edit_1", "eventlogging_Save_1"
LAGS = [
    TopicLag(EDIT, "mysql", 10, 7, 35.0),
    TopicLag(EDIT, "hdfs", 10, 10, 0.0),
    TopicLag(SAVE, "mysql", 5, 5, 0.0),
]
ROLES = ("processor", "mysql", "hdfs")


def worker(role: str = "mysql", state: str = "running", **said: Any) -> WorkerSaid:
    return WorkerSaid(role, 7, "http://127.0.0.1:6067/", state, said=NOW, **said)


def shown(*workers: WorkerSaid, lags: list[TopicLag] | None = None) -> dict[str, Any]:
    return describe(Settings(), Overview(NOW, ROLES, workers), LAGS if lags is None else lags)


def line_of(found: WorkerSaid) -> str:
    [line] = [line for line in as_text(shown(found)).splitlines() if " pid " in line]
    return line.strip()


def test_roles_come_first_with_their_totals_and_idle_topics_are_folded() -> None:
    lines = [" ".join(line.split()) for line in as_text(shown(worker())).splitlines()]
    assert lines == [
        "processor absent",
        "mysql running 3 events behind, oldest 35 s; has written 12 rows",
        "pid 7 http://127.0.0.1:6067/ ready",
        "hdfs absent 0 events behind; has written 10 rows",
        f"{EDIT} 10 records lag: mysql 3 hdfs 0",
        "1 topics with 5 records are read to their end",
    ]
    assert f"{SAVE} 5 records lag: mysql 0" in " ".join(as_text(shown(), True).split())


def test_a_worker_says_what_it_waits_for_and_for_how_long() -> None:
    why = "MySQL 127.0.0.1:3306 is not available: x"
    found = worker(state="waiting", waits_for=(Trouble(why, NOW - 92),))
    assert line_of(found).endswith(f"waits for {why} (for 92 s)")
    [said] = shown(found)["workers"]
    assert (said["ready"], said["waits_for"], said["for_seconds"]) == (False, [why], {why: 92})


def test_a_worker_that_failed_on_records_says_on_how_many() -> None:
    held = (Trouble("table a is locked", NOW - 5),)
    line = line_of(
        worker(
            state="held",
            held=held,
            unforeseen={"consumer": 3},
            unnamed={"A_1": 2},
            lost={"spool": 4},
        )
    )
    assert line.endswith(
        "ready; table a is locked (for 5 s); elfaust failed on 3 records (consumer), see its log; "
        "2 keys of A_1 are in no column of MySQL, see `elfaust schema lint`; "
        "4 datagrams are lost (spool)"
    )


@pytest.mark.parametrize("state", ["silent", "starting"])
def test_a_worker_that_does_not_answer_is_not_ready(state: str) -> None:
    silent = WorkerSaid("mysql", 7, "http://127.0.0.1:6067/", state)
    assert line_of(silent).endswith("waits for an answer of its own")


def test_what_nobody_knows_is_not_0() -> None:
    away = describe(Settings(), Overview(NOW, ROLES, ()), None)
    assert (away["topics"], away["rows_written"]) == (None, {"mysql": None, "hdfs": None})
    assert [(role["lag"], role["seconds"]) for role in away["roles"]] == [(None, None)] * 3
    assert "has written an unknown number of rows" in as_text(away)
    assert shown(lags=[])["rows_written"] == {"mysql": 0, "hdfs": 0}
    assert "No worker runs here" in as_text(away)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_workers_are_shown_while_kafka_is_away(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    async def look(_: Settings) -> Overview:
        return Overview(NOW, ROLES, (worker(),))

    async def lags(_: Settings) -> ServerAway:
        return ServerAway("Kafka", "no answer")

    monkeypatch.setattr(status, "look", look)
    monkeypatch.setattr(status, "_lags", lags)
    result = CliRunner().invoke(status.command, arguments, obj=Settings())
    assert isinstance(result.exception, ServerAway)
    assert "http://127.0.0.1:6067/" in result.output
