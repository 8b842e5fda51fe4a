"""A worker ends with what fails in it, even where stopping hangs."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import Any

import faust
import pytest

from elfaust.delivery.topics import TopicAdmin
from elfaust.settings import Settings
from elfaust.workers.worker import Worker


def test_a_crashed_worker_ends_within_the_time_that_it_may_drain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers: list[tuple[Any, ...]] = []

    def timer(*given: Any) -> SimpleNamespace:
        return SimpleNamespace(start=lambda: timers.append(given))

    monkeypatch.setattr(threading, "Timer", timer)
    app = Worker.__new__(Worker)
    app.settings = Settings()
    crashed = SimpleNamespace(is_set=lambda: bool(timers))
    monkeypatch.setattr(Worker, "crashed", property(lambda _: crashed.is_set()))
    reasons: list[BaseException] = []
    monkeypatch.setattr(faust.App, "_crash", lambda _, reason: reasons.append(reason))
    first, second = ValueError(), ValueError()
    app._crash(first)
    app._crash(second)
    assert timers == [(Settings().workers.drain_seconds, os._exit, (1,))]
    assert reasons == [first, second]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_worker_ends_with_work_that_fails(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """Faust only logs what a task of its own raises."""
    app = Worker.__new__(Worker)
    tasks: list[Any] = []
    reasons: list[BaseException] = []

    async def crash(_: Worker, reason: BaseException) -> None:
        reasons.append(reason)

    monkeypatch.setattr(Worker, "task", lambda _, task: tasks.append(task))
    monkeypatch.setattr(Worker, "crash", crash)

    async def work() -> None:
        if fails:
            raise ValueError

    app.run_beside(work)
    await tasks[0]()
    assert [type(reason) for reason in reasons] == [ValueError] * fails


async def test_a_role_begins_when_the_servers_have_answered_and_before_lanes_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []

    async def note(*what: object, **_: object) -> None:
        done.append(what)

    async def begin() -> None:
        done.append("begins")

    app = Worker("throughput", Settings())
    monkeypatch.setattr(app.readiness, "until_all_answer", note)
    monkeypatch.setattr(app.admin, "ensure", note)
    monkeypatch.setattr(app._discovery, "look", note)
    app.before_joining(begin)
    await app.find_servers()
    assert len(done) == 5
    assert done[-1] == "begins"


async def test_an_app_closes_what_its_role_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def stop(_: faust.App) -> None:
        order.append("agents")

    async def close() -> None:
        order.append("registry")

    monkeypatch.setattr(faust.App, "on_stop", stop)
    app = Worker.__new__(Worker)
    app._on_close, app._batch_producer, app.admin = [], None, TopicAdmin(Settings())
    app.on_close(close)
    await app.on_stop()
    assert order == ["agents", "registry"]
