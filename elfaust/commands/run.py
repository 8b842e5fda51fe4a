"""elfaust run: servers, workers and recorded lines, with a live account."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import click

from elfaust.audit.account import read_account
from elfaust.audit.hive import in_hive
from elfaust.commands.account import show
from elfaust.commands.progress import Progress
from elfaust.commands.stack import tell
from elfaust.commands.up import pass_on
from elfaust.commands.waits import telling_waits
from elfaust.devstack.graphite import charts_url, with_charts
from elfaust.devstack.hive import with_hive
from elfaust.devstack.stack import EXTRAS, Stack
from elfaust.roles import running
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.workers.state import web_port
from elfaust.workers.supervisor import Supervisor

T = TypeVar("T")

#: Lines a second without --events.
RATE = 200.0


@click.command()
@click.option("--events", type=click.IntRange(min=1), help="Send this many as fast as possible.")
@click.option(
    "--with",
    "extras",
    type=click.Choice(EXTRAS),
    multiple=True,
    help="Start these servers too, and have charts or tables in them.",
)
@click.option("--all", "everything", is_flag=True, help="List unknown schemas too, one a line.")
@click.pass_obj
def command(
    settings: Settings, events: int | None, extras: tuple[str, ...], everything: bool
) -> None:
    """Start servers and workers, send recorded lines, show where they are.

    Without --events: 200 lines a second until Ctrl-C. With --events N: N lines, wait until they
    have landed, print the account; exits 0 only if it balances.
    """
    stack = Stack(settings, tell, extras)
    if "graphite" in extras:
        settings = with_charts(settings)
    if "hive" in extras:
        settings = with_hive(settings)
    roles = running(settings.processor.stores, asked=settings.asked)
    supervisor = Supervisor(settings, dict.fromkeys(roles, 1))
    # Before servers are started for nothing.
    supervisor.claim()
    was_up = all(server.running for server in stack.status())
    stack.up()
    # SIGTERM must not leave workers behind: it ends the command as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pass_on(supervisor)
    try:
        supervisor.start()
        port = web_port(settings, "throughput")
        click.echo(f"Throughput: http://{settings.web.at(port)}/throughput/", err=True)
        if "graphite" in extras:
            click.echo(f"Charts: {charts_url(settings)}", err=True)
        with telling_waits(settings):
            balances = asyncio.run(_job(settings, supervisor, events, everything))
    finally:
        click.echo("Stopping ...", err=True)
        supervisor.stop()
        if not was_up:
            stack.down()
    raise SystemExit(0 if balances else 1)


async def _job(
    settings: Settings, supervisor: Supervisor, events: int | None, everything: bool
) -> bool:
    job = _until_stopped(settings) if events is None else _sent(settings, events, everything)
    return await beside(job, _watch(supervisor))


async def _sent(settings: Settings, events: int, everything: bool) -> bool:
    before = await _raw_lines(settings)
    await send(settings, events)
    click.echo(f"{events} lines sent; waiting until they have landed ...", err=True)
    with Progress() as progress:
        await landed(settings, before + events, progress.look)
    if settings.hive.metastore:
        click.echo("Waiting until all hours are partitions of Hive ...", err=True)
        await in_hive(settings)
    account = await read_account(settings)
    show(settings, account, everything)
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

    async with LagReader(settings) as reader:
        return sum(lag.records for lag in await reader.read() if lag.role == "processor")


async def _watch(supervisor: Supervisor) -> None:
    while True:
        for line in supervisor.tick():
            # Not click.echo, which would write into the live table.
            print(line, file=sys.stderr)
        await asyncio.sleep(0.2)


async def _until_stopped(settings: Settings) -> bool:
    with Progress() as progress:
        showing = landed(settings, 2**62, progress.look, float("inf"))
        sending = asyncio.create_task(beside(send(settings, None, RATE), showing))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sending.cancel)
        with suppress(asyncio.CancelledError):
            await sending
    return True
