"""Charts under faults: no effect on events, and Carbon's end at the exact numbers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.audit.account import Account, read_account
from elfaust.devstack.server import Server
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from tests.chaos.test_backlog import memory
from tests.chaos.trial import PATIENCE, Load, Outcome, judged, until, workers_of
from tests.integration.charts import charted, graphite, render, total, until_equal
from tests.integration.running import EVERY, READERS, Running, working

Note = Callable[[Outcome], None]

LINES, RATE = 60_000, 240.0
#: Seconds from the first line on at which something happens.
KILLS = (
    ("processor", 40),
    ("mysql", 70),
    ("hdfs", 100),
    ("throughput", 130),
    ("throughput", 160),
)
CARBON_AWAY, CARBON_BACK = 90, 215
#: For how long carbon-cache hangs; ELFAUST_TEST_HANG says otherwise.
HANG_SECONDS = float(os.environ.get("ELFAUST_TEST_HANG", "90"))
#: MiB by which a worker may grow meanwhile: its collector looks at half a million objects at once.
GROWTH = 300


@pytest.fixture(scope="module")
def charting(stack: Stack, stack_settings: Settings) -> Iterator[Stack]:
    with graphite(stack_settings) as servers:
        yield servers


def signalled(server: Server, number: int) -> None:
    """Send a signal to all processes of a server: gunicorn has children that answer."""
    os.killpg(server.pid(), number)


def killed(server: Server) -> None:
    signalled(server, signal.SIGKILL)
    until(lambda: not server.pid(), f"{server.name} is gone")


def started(server: Server) -> None:
    server.start()
    server.wait_ready(120)


def kill_one(settings: Settings, role: str) -> None:
    """Kill a worker of a role that has lanes."""
    worker = until(lambda: workers_of(settings, role), f"{role} is ready")[0]
    os.kill(worker.pid, signal.SIGKILL)


def have_ended(running: Running, number: int) -> bool:
    """Tell whether so many workers have been seen to end."""
    return len(running.ended) == number


def assert_shown_as(account: Account, settings: Settings, began: float) -> None:
    """See to it that Graphite's exact sums are the account's; print StatsD's beside them."""
    exact, statsd = f"{settings.carbon.prefix}.", settings.statsd.prefix
    shown = render(settings, f"{exact}overall.*", f"{exact}overall.errors.*", since=began)
    valid = sum(entry.valid for entry in account.entries)
    assert total(shown, f"{exact}overall.raw") == LINES
    assert total(shown, f"{exact}overall.valid") == valid
    errors: Counter[str] = Counter()
    for entry in account.entries:
        errors.update(entry.invalid)
    of_codes = {name.rpartition(".")[2]: total(shown, name) for name in shown if "errors" in name}
    assert {code: lines for code, lines in of_codes.items() if lines} == errors
    schemas = sorted(account.entries, key=lambda entry: -entry.valid)[:3]
    for entry in schemas:
        name = f"{exact}schema.{entry.key.schema}.{entry.key.revision}.valid"
        assert total(render(settings, name, since=began), name) == entry.valid
    counters = render(settings, f"{statsd}.overall.*.count", since=began)
    by_udp = {name: total(counters, f"{statsd}.overall.{name}.count") for name in ("raw", "valid")}
    print(f"valid {valid}, by StatsD {by_udp}, errors {dict(errors)}")
    assert by_udp["valid"] <= valid


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_sixty_thousand_lines_with_each_worker_killed_and_carbon_away(
    charting: Stack, quick: Settings, note: Note
) -> None:
    settings, began = charted(quick), time.time()
    carbon = charting.server("carbon")
    sent: list[int] = []

    def load() -> None:
        sent.append(asyncio.run(send(settings, LINES, RATE)))

    sending = threading.Thread(target=load)
    with working(settings, forwarder=0, throughput=2) as running:
        for role in READERS:
            until(partial(workers_of, settings, role), f"{role} is ready")
        plan: list[tuple[int, Callable[[], None]]] = [
            *((at, partial(kill_one, settings, role)) for role, at in KILLS),
            (CARBON_AWAY, partial(killed, carbon)),
            (CARBON_BACK, partial(started, carbon)),
        ]
        first = time.monotonic()
        sending.start()
        for at, happen in sorted(plan, key=lambda one: one[0]):
            time.sleep(max(0.0, first + at - time.monotonic()))
            happen()
        sending.join()
        assert sent == [LINES]
        undone = time.monotonic()
        asyncio.run(landed(settings, LINES, timeout=PATIENCE))
        until_equal(settings, began, 120)
        account = asyncio.run(read_account(settings))
        time.sleep(settings.statsd.seconds + 11)
        outcome = judged(settings, "each worker killed once, carbon-cache away", 1, LINES, undone)
    assert len(running.ended) == len(KILLS)
    assert_shown_as(account, settings, began)
    note(outcome)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_each_worker_is_killed_while_charts_are_away(
    charting: Stack, quick: Settings, note: Note
) -> None:
    settings, began = charted(quick), time.time()
    carbon, web, statsd = (charting.server(name) for name in ("carbon", "graphite", "statsd"))
    with working(settings) as running, Load(settings, rate=800.0).running() as load:
        for hang in (True, False):
            for server in (carbon, web, statsd):
                if hang:
                    signalled(server, signal.SIGSTOP)
                else:
                    signalled(server, signal.SIGCONT)
                    killed(server)
            ended = len(running.ended)
            for role in EVERY:
                kill_one(settings, role)
            until(partial(have_ended, running, ended + len(EVERY)), "all have been seen to die")
            for role in EVERY:
                until(partial(workers_of, settings, role), f"{role} is back")
        for server in (carbon, web, statsd):
            started(server)
        fault = "each worker killed, Graphite and StatsD hang or are gone"
        note(judged(settings, fault, 2, load.stop(), time.monotonic()))
        until_equal(settings, began, 120)
    assert set(running.values()) == {0}


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_a_carbon_that_hangs_costs_no_event_and_little_memory(
    charting: Stack, quick: Settings, note: Note
) -> None:
    charts, began = charted(quick), time.time()
    settings = replace(charts, carbon=replace(charts.carbon, timeout=20.0, seconds=5.0))
    carbon = charting.server("carbon")
    with working(settings, forwarder=0), Load(settings, rate=100.0).running() as load:
        worker = until(lambda: workers_of(settings, "throughput"), "throughput is ready")[0]
        until(
            lambda: render(settings, f"{settings.carbon.prefix}.overall.raw", since=began), "sent"
        )
        time.sleep(10)
        before = memory(worker.pid)
        signalled(carbon, signal.SIGSTOP)
        try:
            time.sleep(HANG_SECONDS)
        finally:
            signalled(carbon, signal.SIGCONT)
        after = memory(worker.pid)
        sent, undone = load.stop(), time.monotonic()
        note(judged(settings, "carbon-cache hangs", 1, sent, undone))
        until_equal(settings, began, 180)
        print(f"{sent} lines, {before} MB before, {after} MB after")
    assert after - before < GROWTH
    log = (Path(settings.workers.state) / "logs" / "throughput-0.log").read_text()
    said = re.findall(r".*Carbon .* takes no counts.*", log)
    print("\n".join(said[:3]))
    # The kernels' buffers may take all of it.
    assert len(said) <= HANG_SECONDS / 60 + 1
