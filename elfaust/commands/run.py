"""elfaust run: servers, workers and recorded lines, with a live account."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import click

from elfaust.audit.account import read_account
from elfaust.commands.account import show
from elfaust.commands.stack import tell
from elfaust.delivery.lag import TopicLag
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.workers.state import ROLES, web_port
from elfaust.workers.supervisor import Supervisor

T = TypeVar("T")

#: Lines a second without --events.
RATE = 200.0


@click.command()
@click.option("--events", type=click.IntRange(min=1), help="Send this many as fast as possible.")
@click.pass_obj
def command(settings: Settings, events: int | None) -> None:
    """Start servers and workers, send recorded lines, show where they are.

    Without --events: 200 lines a second until Ctrl-C. With --events N: N lines, wait until they
    have landed, print the account; exits 0 only if it balances.
    """
    stack = Stack(settings, tell)
    was_up = all(server.running for server in stack.status())
    stack.up()
    supervisor = Supervisor(settings, dict.fromkeys(ROLES, 1))
    # SIGTERM must not leave workers behind: it ends the command as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        supervisor.start()
        port = web_port(settings, "throughput")
        click.echo(f"Throughput: http://{settings.web.host}:{port}/throughput/", err=True)
        balances = asyncio.run(_job(settings, supervisor, events))
    finally:
        click.echo("Stopping ...", err=True)
        supervisor.stop()
        if not was_up:
            stack.down()
    raise SystemExit(0 if balances else 1)


async def _job(settings: Settings, supervisor: Supervisor, events: int | None) -> bool:
    job = _until_stopped(settings) if events is None else _sent(settings, events)
    return await beside(job, _watch(supervisor))


async def _sent(settings: Settings, events: int) -> bool:
    before = await _raw_lines(settings)
    await send(settings, events)
    click.echo(f"{events} lines sent; waiting until they have landed ...", err=True)
    await landed(settings, before + events, every(5.0, _tell))
    account = await read_account(settings)
    show(account)
    return not account.problems


async def beside(job: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, object]) -> T:
    """Return what a job returns, with others running until then.

    Raises what one of them fails with, as soon as it does; none runs on.
    """
    running = asyncio.ensure_future(job)
    tasks = [running, *(asyncio.ensure_future(other) for other in others)]
    try:
        while not running.done():
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                tasks.remove(task)
                task.result()
        return running.result()
    finally:
        for task in (running, *tasks):
            task.cancel()
        await asyncio.gather(running, *tasks, return_exceptions=True)


async def _raw_lines(settings: Settings) -> int:
    from elfaust.delivery.lag import LagReader

    reader = LagReader(settings)
    await reader.start()
    try:
        return sum(lag.records for lag in await reader.read() if lag.role == "processor")
    finally:
        await reader.close()


async def _watch(supervisor: Supervisor) -> None:
    while True:
        for line in supervisor.tick():
            click.echo(line, err=True)
        await asyncio.sleep(0.2)


async def _until_stopped(settings: Settings) -> bool:
    showing = landed(settings, 2**62, every(5.0, _tell), float("inf"))
    sending = asyncio.create_task(beside(send(settings, None, RATE), showing))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sending.cancel)
    with suppress(asyncio.CancelledError):
        await sending
    return True


def every(seconds: float, call: Callable[[list[TopicLag]], None]) -> Callable[..., None]:
    """Return `call` as one that does nothing until `seconds` have passed since it last did."""
    from time import monotonic

    last = -seconds

    def throttled(lags: list[TopicLag]) -> None:
        nonlocal last
        if monotonic() - last >= seconds:
            last = monotonic()
            call(lags)

    return throttled


def _tell(lags: list[TopicLag]) -> None:
    roles = dict.fromkeys(lag.role for lag in lags)
    parts = []
    for role in roles:
        mine = [lag for lag in lags if lag.role == role]
        done, lag = sum(m.acknowledged for m in mine), sum(m.lag for m in mine)
        parts.append(f"{role} {done:,} done, {lag:,} behind")
    click.echo("  |  ".join(parts), err=True)
