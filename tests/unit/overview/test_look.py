"""Workers are asked side by side; what a silent one had said stays, with its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from elfaust.overview import look
from elfaust.overview.worker_said import Trouble
from elfaust.settings import Settings
from elfaust.sources import finished
from elfaust.workers.state import WorkerState

BODY = {"waits_for": ["MySQL m: gone"], "held": [], "since": {"MySQL m: gone": 60.0}}
BODY |= {"unforeseen": {}, "unnamed": {}}
Answer = Callable[[], Awaitable[web.Response]]


@pytest.fixture
async def answers() -> AsyncIterator[tuple[str, list[Answer]]]:
    """A worker's address, and what it answers at `/-/ready`, the first of which can be changed."""

    async def well() -> web.Response:
        return web.json_response(BODY, status=503)

    of = [well]

    async def ready(request: web.Request) -> web.Response:
        return await of[0]()

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text='elfaust_worker_state{role="mysql",state="waiting"} 1\n')

    app = web.Application()
    app.add_routes([web.get("/-/ready", ready), web.get("/metrics", metrics)])
    async with TestServer(app) as server:
        yield str(server.make_url("/")), of  # type: ignore[misc]


def alive(monkeypatch: pytest.MonkeyPatch, *workers: WorkerState) -> None:
    monkeypatch.setattr(look, "alive", lambda settings: list(workers))


async def test_what_was_said_stays_with_its_time_while_a_worker_is_silent(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[Answer]]
) -> None:
    address, of = answers
    now = 100.0
    alive(monkeypatch, WorkerState("mysql", 7, 1, address, 50.0))
    watch = look.Watch(Settings(), lambda: now)
    (said,) = (await watch.look()).workers
    assert (said.state, said.said, said.error) == ("waiting", 100.0, "")
    assert said.waits_for == (Trouble("MySQL m: gone", 60.0),)

    async def hanging() -> web.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async def nonsense() -> web.Response:
        return web.Response(text="[]")

    silences = ((hanging, 0.1, "no answer within 0.1 s"), (nonsense, 60.0, "it says what no"))
    for answer, seconds, error in silences:
        monkeypatch.setattr(look, "ANSWER_SECONDS", seconds)
        of[0] = answer
        now += 5
        (said,) = (await watch.look()).workers
        assert (said.state, said.said) == ("silent", 100.0)
        assert said.error.startswith(error)
        assert said.waits_for == (Trouble("MySQL m: gone", 60.0),)


async def test_it_looks_often_while_somebody_does_and_seldom_while_nobody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alive(monkeypatch)
    monkeypatch.setattr(look, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(look, "WATCHED_SECONDS", 0.05)
    now = 100.0
    watch = look.Watch(Settings(), lambda: now)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(5):
        first = await watch.current()
        # Nobody looks: the second look would come in a minute.
        await asyncio.sleep(0.1)
        before = watch.overview
        await asyncio.sleep(0.1)
        assert watch.overview is before
        now = 160.0
        second = await watch.current()
        while watch.overview is second:
            await asyncio.sleep(0.01)
    assert first is not None
    assert (first.looked, second and second.looked) == (100.0, 160.0)
    running.cancel()


async def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "WAIT_SECONDS", 0.01)
    assert await look.Watch(Settings()).current() is None


async def test_a_silent_worker_delays_no_other(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[Answer]]
) -> None:
    gone = f"http://127.0.0.1:{unused_port()}/"
    workers = [WorkerState("hdfs", pid, 1, gone, pid % 2) for pid in (1, 2)]
    alive(monkeypatch, *workers, WorkerState("mysql", 7, 1, answers[0], 50.0))
    overview = await look.look(Settings())
    assert [worker.state for worker in overview.workers] == ["silent", "starting", "waiting"]
    assert "Cannot connect" in overview.workers[0].error
    assert {role.role: role.state for role in overview.roles}["processor"] == "absent"


async def test_a_forwarder_whose_source_is_forwarded_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alive(monkeypatch)
    base = Settings()
    settings = replace(base, workers=replace(base.workers, state=str(tmp_path)))
    (tmp_path / "forwarder").mkdir()
    for note, expected in (("udp", False), ("other.log", True)):
        finished.note(tmp_path / "forwarder", note)
        roles = {role.role for role in (await look.look(settings)).roles}
        assert ("forwarder" in roles) is expected
        assert "mysql" in roles


async def test_no_answer_is_read_without_end(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[Any]]
) -> None:
    alive(monkeypatch, WorkerState("mysql", 7, 1, answers[0], 50.0))
    monkeypatch.setattr(look, "ANSWER_BYTES", 10)
    (said,) = (await look.look(Settings())).workers
    assert said.error == "it says what no worker says: more than 10 bytes"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"since":1e999}', "1" * 5_000, "\x00", "{}"])
async def test_an_answer_that_is_none_is_of_that_worker_alone(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[Answer]], text: str
) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.add_routes([web.get("/-/ready", odd), web.get("/metrics", odd)])
    async with TestServer(app) as server:
        other = WorkerState("hdfs", 8, 1, str(server.make_url("/")), 50.0)
        alive(monkeypatch, WorkerState("mysql", 7, 1, answers[0], 50.0), other)
        found = await look.look(Settings())
    assert [said.state for said in found.workers] == ["waiting", "silent"]


async def test_whatever_is_at_a_workers_address_its_metrics_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def well(request: web.Request) -> web.Response:
        return web.Response(text="a 1\n")

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("/well/metrics")

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"# \n" * 1_000)

    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"#")
            await asyncio.sleep(0.01)

    async def binary(request: web.Request) -> web.Response:
        return web.Response(body=b"\xff")

    app = web.Application()
    for answer in (well, elsewhere, endless, slow, binary):
        app.router.add_get(f"/{answer.__name__}/metrics", answer)
    monkeypatch.setattr(look, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(look, "ANSWER_BYTES", 100_000)
    # A proxy of the environment is for other machines.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with TestServer(app) as server:
        names = ("well", "elsewhere", "endless", "slow", "binary", "missing")
        webs = [str(server.make_url(f"/{name}/")) for name in names]
        workers = [WorkerState("mysql", 7, 1, of, 50.0) for of in (*webs, "no address", "ftp://a/")]
        found = await look.all_metrics(workers)
    assert found == ["a 1\n", *[None] * 7]


async def test_all_workers_are_asked_for_metrics_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # None of them is answered before all were asked.
    asked = asyncio.Barrier(3)

    async def metrics(request: web.Request) -> web.Response:
        await asked.wait()
        return web.Response(text="a 1\n")

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    async with TestServer(app) as server:
        workers = [WorkerState("hdfs", 7, 1, str(server.make_url("/")), 50.0)] * 3
        assert await look.all_metrics(workers) == ["a 1\n"] * 3
