"""The judgement of what workers say: what is bad is said first, and silence is never well."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from elfaust.commands.check import line
from elfaust.dashboards import judgement
from elfaust.dashboards.judgement import Judged, judge, judged
from elfaust.dashboards.numbers import Number
from elfaust.metrics.exposition import exposition
from elfaust.metrics.of_hive import HIVE_DIFFERENCES, HIVE_MISSING_SECONDS
from elfaust.metrics.of_processes import DISK_FREE, DISK_SIZE, RECENT_STARTS
from elfaust.metrics.table import (
    DATAGRAMS_LOST,
    HELD,
    LAG_SECONDS,
    LOSS_TIME,
    SPOOL_BYTES,
    STATE,
)
from elfaust.metrics.values import Values
from elfaust.settings import Settings
from tests.stand_in import stand_in

ROLES = ("processor", "mysql")
NOW = 1_700_000_000.0
#: A plugin's output: text, a bar, and labels with a value, a unit and limits.
PLUGIN = re.compile(
    r"ELFAUST (OK|WARNING|CRITICAL|UNKNOWN) - [^|]+ \|( [a-z0-9_]+=[0-9.e+-]+[sBc]?;[0-9.e+]*;"
    r"[0-9.e+]*;0)*"
)


def says(role: str, **other: Any) -> tuple[str, dict[str, dict[tuple[str, ...], float]]]:
    """Return what a worker says that is well; `other` replaces metrics by their names."""
    well: dict[str, dict[tuple[str, ...], float]] = {
        STATE.name: {(role, "running"): 1, (role, "waiting"): 0},
        HELD.name: {(role,): 0},
        LAG_SECONDS.name: {(role, "a"): 0, (role, "b"): 2.5},
        DISK_FREE.name: {("state",): 50},
        DISK_SIZE.name: {("state",): 100},
    }
    return role, well | other


def of(*said: Any, silent: tuple[str, ...] = ()) -> Judged:
    found = judge(list(said), silent, ROLES, NOW)
    assert PLUGIN.fullmatch(line(found)) or not found.numbers
    return found


def test_workers_that_are_well_are_well() -> None:
    found = of(says("processor"), says("mysql"), says("mysql"))
    assert (found.level, found.findings) == ("ok", [])
    assert line(found) == (
        "ELFAUST OK - 3 workers are well | lag_mysql=2.5s;300;900;0"
        " lag_processor=2.5s;300;900;0 disk_used_state=0.5;0.9;0.95;0"
        " restarts_mysql=0;3;;0 restarts_processor=0;3;;0"
    )


@pytest.mark.parametrize(
    ("trouble", "level", "finding"),
    [
        ({STATE.name: {("mysql", "waiting"): 1}}, "critical", "mysql waits for a server"),
        ({HELD.name: {("mysql",): 2}}, "warning", "mysql holds events: 2"),
        ({LAG_SECONDS.name: {("mysql", "a"): 301}}, "warning", "lag_mysql is 301s"),
        ({LAG_SECONDS.name: {("mysql", "a"): 901}}, "critical", "lag_mysql is 901s"),
        ({LAG_SECONDS.name: {}}, "unknown", "the lag of mysql is not known"),
        ({STATE.name: {}}, "unknown", "mysql does not say how it stands"),
        ({DISK_FREE.name: {("state",): 7}}, "warning", "disk_used_state is 0.93"),
        ({DISK_FREE.name: {("state",): 1}}, "critical", "disk_used_state is 0.99"),
        ({HIVE_MISSING_SECONDS.name: {(): 301}}, "warning", "hive_partitions_missing is 301s"),
        (
            {HIVE_DIFFERENCES.name: {(): 2}, HELD.name: {("mysql",): 2}},
            "warning",
            "mysql: 2 differ, as elfaust hive status says",
        ),
        ({SPOOL_BYTES.name: {(): 6e8}}, "warning", "spool is 600000000B"),
        ({RECENT_STARTS.name: {("mysql",): 5}}, "warning", "restarts_mysql is 4"),
        (
            {LOSS_TIME.name: {("kernel",): NOW - 300, ("spool",): 0}},
            "critical",
            "datagrams were lost 5 min ago, by kernel",
        ),
    ],
)
def test_a_trouble_is_named_at_its_level(trouble: dict[str, Any], level: str, finding: str) -> None:
    found = of(says("processor"), says("mysql", **trouble))
    assert (found.level, found.findings) == (level, [finding])


@pytest.mark.parametrize(
    "passed", [{RECENT_STARTS.name: {("mysql",): 4}}, {LOSS_TIME.name: {("kernel",): NOW - 3601}}]
)
def test_what_is_over_or_seldom_is_no_trouble(passed: dict[str, Any]) -> None:
    lost = {DATAGRAMS_LOST.name: {("kernel",): 7}}
    found = of(says("processor"), says("mysql", **passed, **lost))
    assert (found.level, found.as_object()["numbers"]["datagrams_lost"]) == ("ok", 7)


def test_a_worker_without_lanes_is_no_trouble_while_another_has_them() -> None:
    idle = says("mysql", **{LAG_SECONDS.name: {}})
    assert of(says("processor"), says("mysql"), idle).level == "ok"


def test_a_missing_worker_is_critical_all_of_them_too_and_a_silent_one_unknown() -> None:
    assert of().level == "critical"
    assert of().findings == ["no worker of mysql runs", "no worker of processor runs"]
    assert of(silent=ROLES).level == "unknown"
    assert of(says("mysql")).findings == ["no worker of processor runs"]
    assert of(says("mysql")).level == "critical"
    found = of(says("mysql"), silent=("processor",))
    assert (found.level, found.findings) == ("unknown", ["processor does not answer"])


def test_what_is_bad_comes_before_what_is_not_known() -> None:
    waits = says("mysql", **{STATE.name: {("mysql", "waiting"): 1}, HELD.name: {("mysql",): 1}})
    found = of(waits, silent=("processor",))
    assert found.level == "critical"
    assert found.findings == [
        "mysql waits for a server",
        "mysql holds events: 1",
        "processor does not answer",
    ]


def test_a_name_of_anybody_breaks_no_line() -> None:
    number = Number("lag_a|b=1 ,'\n", 3, "s", (1, 2))
    assert str(number) == "lag_a_b_1____=3s;1;2;0"
    shown = line(Judged("warning", ["a | b\nc"], [number], 1))
    assert shown == "ELFAUST WARNING - a / b c | lag_a_b_1____=3s;1;2;0"


def test_what_a_worker_shows_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    values, shown = Values(), says("mysql")[1]
    for metric in (STATE, HELD, LAG_SECONDS, DISK_FREE, DISK_SIZE):
        values.ask(metric, partial(shown.__getitem__, metric.name))
    body, _ = exposition(values.look(), "", process=True)

    async def texts(of: list[Any]) -> list[str | None]:
        return [body.decode() if "here" in worker.web else None for worker in of]

    monkeypatch.setattr(judgement, "all_metrics", texts)
    workers = [
        stand_in(role="mysql", web="http://here/"),
        stand_in(role="hdfs", web="http://away/"),
    ]
    monkeypatch.setattr(judgement, "alive", lambda settings: workers)
    found = judged(Settings())
    assert found.findings == [
        "no worker of processor runs",
        "no worker of throughput runs",
        "hdfs does not answer",
    ]
    assert found.as_object()["numbers"] == {
        "lag_mysql": 2.5,
        "disk_used_state": 0.5,
        "restarts_mysql": 0,
    }


@pytest.mark.parametrize(
    "text",
    [
        "<html>",
        "elfaust_held NaN",
        'elfaust_held{role="mysql"} +Inf',
        "elfaust_last_loss_timestamp_seconds 1",
        'elfaust_disk_free_bytes{folder="a",b="c"} 1',
        'elfaust_held{role="',
    ],
)
def test_what_no_worker_says_is_no_answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    async def texts(of: list[Any]) -> list[str | None]:
        return [f"{text}\n"]

    monkeypatch.setattr(judgement, "all_metrics", texts)
    worker = stand_in(role="mysql", web="http://here/")
    monkeypatch.setattr(judgement, "alive", lambda settings: [worker])
    assert "mysql does not answer" in judged(Settings()).findings
