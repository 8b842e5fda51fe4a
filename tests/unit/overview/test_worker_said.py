"""What a worker says is read with its times; what no worker says is an error."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from elfaust.counts.view import View
from elfaust.metrics.exposition import exposition
from elfaust.metrics.metric import Metric
from elfaust.metrics.table import LAG_EVENTS, LAG_MEASURED, LAG_SECONDS, STATE, STATES
from elfaust.metrics.values import Values
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import METRICS, Lag, Trouble, read
from elfaust.settings import Settings
from elfaust.web.board import Beside
from elfaust.web.board import board as made
from elfaust.web.board_json import as_json
from elfaust.web.pages import render
from elfaust.web.query import Query
from elfaust.workers.state import WorkerState

WORKER = WorkerState("mysql", 7, 1, "http://127.0.0.1:1/", 50.0)
YOUNG = WorkerState("mysql", 7, 1, "http://127.0.0.1:1/")


def metrics(state: str, **lags: int) -> str:
    values = Values()
    values.ask(STATE, lambda: {("mysql", name): float(name == state) for name in STATES})
    values.ask(LAG_EVENTS, lambda: {("mysql", topic): lag for topic, lag in lags.items()})
    values.ask(LAG_SECONDS, lambda: {("mysql", topic): lag / 2 for topic, lag in lags.items()})
    values.ask(LAG_MEASURED, lambda: {("mysql",): 90.5} if lags else {})
    return exposition(values.look(METRICS), "", process=False)[0].decode()


def ready(waits: dict[str, float] | None = None, held: dict[str, float] | None = None) -> Any:
    waits, held = waits or {}, held or {}
    body = {"waits_for": list(waits), "held": list(held), "since": {**waits, **held}}
    return body | {"unforeseen": {"consumer": 2}, "unnamed": {}}


def test_a_worker_at_work() -> None:
    said = read(WORKER, ready(), metrics("running", Edit=4, Test=0), 100.0)
    assert (said.state, said.said, said.is_ready) == ("running", 100.0, True)
    assert said.lag == {"Edit": Lag(4, 2.0, 90.5), "Test": Lag(0, 0.0, 90.5)}
    assert said.unforeseen == {"consumer": 2}


@pytest.mark.parametrize(
    ("worker", "said", "state", "stands"),
    [
        (WORKER, ready(waits={"MySQL m: gone": 60.0}), "running", "waiting"),
        (WORKER, ready(waits={"MySQL m: gone": 60.0}), "waiting", "waiting"),
        (WORKER, ready(), "waiting", "retrying"),
        (WORKER, ready(), "retrying", "retrying"),
        (WORKER, ready(held={"table t: altered": 60.0}), "running", "held"),
        (WORKER, ready(held={"table t: altered": 60.0}), "retrying", "retrying"),
        (YOUNG, ready(), "running", "starting"),
        (YOUNG, ready(waits={"Kafka k: gone": 60.0}), "running", "waiting"),
    ],
)
def test_how_a_worker_stands(worker: WorkerState, said: Any, state: str, stands: str) -> None:
    assert read(worker, said, metrics(state), 100.0).state == stands


def test_troubles_have_their_times() -> None:
    said = read(WORKER, ready({"MySQL m: gone": 60.0}, {"table t: x": 61.5}), "", 100.0)
    assert said.waits_for == (Trouble("MySQL m: gone", 60.0),)
    assert said.held == (Trouble("table t: x", 61.5),)
    assert not said.is_ready


@pytest.mark.parametrize("body", [{}, [], None, 1, {**ready(), "waits_for": ["unsaid"]}])
def test_what_no_worker_says(body: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read(WORKER, body, "", 100.0)


BAD = ("+Inf", "NaN", "-1", "1e30")


@pytest.mark.parametrize("number", BAD)
@pytest.mark.parametrize("metric", [LAG_EVENTS, LAG_SECONDS, LAG_MEASURED])
def test_no_worker_says_such_numbers(metric: Metric, number: str) -> None:
    text = metrics("running", Edit=4)
    [line] = [line for line in text.splitlines() if line.startswith(metric.name)]
    with pytest.raises(ValueError, match="as a number"):
        read(WORKER, ready(), text.replace(line, f"{line.rpartition(' ')[0]} {number}"), 100.0)


@pytest.mark.parametrize("number", [*map(float, BAD), 10**400, True, None, "1", [], {}])
@pytest.mark.parametrize("of", ["unforeseen", "unnamed", "lost", "since"])
def test_no_worker_says_such_numbers_in_json(of: str, number: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        read(WORKER, {**ready(), "held": ["a"], "since": {"a": 1.0}, of: {"a": number}}, "", 100.0)


def test_no_worker_stands_as_none_can() -> None:
    with pytest.raises(ValueError, match="as a state"):
        read(WORKER, ready(), f'{STATE.name}{{role="x",state="<script>"}} 1\n', 100.0)


def test_whatever_a_worker_says_can_be_shown() -> None:
    why = "\ud800<b>\n" + "x" * 20_000
    said = read(WORKER, ready(held={why: 1.0}), metrics("running", Edit=4), 100.0)
    board = made(View(), Beside(Overview(100.0, ["mysql"], (said,))), 100.0, 15)
    assert render(board, Query(), Settings()).encode()
    assert orjson.dumps(as_json(View(), board))
