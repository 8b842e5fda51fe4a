"""Charts in a real Graphite: each minute has the number of the table of counts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import requests

from elfaust.audit.account import read_account
from elfaust.counts.entry import CountKey
from elfaust.counts.view import View
from elfaust.delivery.publisher import publishing
from elfaust.devstack.graphite import charts_url, environment
from elfaust.devstack.stack import Stack
from elfaust.graphite.carbon import CarbonSender
from elfaust.graphite.charts import charts
from elfaust.graphite.progress import Progress
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.trial.recorded import recorded_lines
from tests.integration.charts import charted, graphite, render, total, until_equal, until_same
from tests.integration.running import working

LINES, LATE = 3_000, 7
COUNTERS = (
    *(f"overall.{name}" for name in ("raw", "valid", "inserted")),
    *(f"*_side_events.{name}" for name in ("raw", "valid")),
)
NEW_SERIES = 2_000


@pytest.fixture(scope="module")
def charting(stack: Stack, stack_settings: Settings) -> Iterator[Stack]:
    with graphite(stack_settings) as servers:
        yield servers


async def send_late(settings: Settings, stamp: float) -> None:
    """Send lines that Kafka dates `stamp`."""
    number = int(time.time()) * 1_000_000 + 500_000
    lines = [line for kind, line in recorded_lines(3 * LATE, start=number) if kind == "client"]
    topic, at = settings.topics.raw_client, int(stamp * 1000)
    async with publishing(settings) as publisher:
        await publisher.publish([Outgoing(topic, 1, line, at) for line in lines[:LATE]])


def awaiting_flush(settings: Settings) -> str:
    """Return what StatsD says that it has counted since its last flush."""
    admin = ("127.0.0.1", settings.stack.statsd_admin_port)
    with closing(socket.create_connection(admin, 10)) as asked, asked.makefile("r") as answer:
        asked.sendall(b"counters\n")
        return "".join(iter(answer.readline, "END\n"))


def counters(settings: Settings, since: float) -> dict[str, float]:
    """Return what StatsD has counted, client side and server side together."""
    names = [f"{settings.statsd.prefix}.{name}.count" for name in COUNTERS]
    shown = render(settings, *names, since=since)
    found = dict.fromkeys(COUNTERS, 0.0)
    for series in shown:
        _, group, name, _ = series.split(".")
        kind = group.replace("client", "*").replace("server", "*")
        found[f"{kind}.{name}"] += total(shown, series)
    return found


def of_schemas(settings: Settings, since: float) -> float:
    """Return what StatsD has counted of all schemas."""
    shown = render(settings, f"{settings.statsd.prefix}.schema.*.count", since=since)
    return sum(total(shown, name) for name in shown)


def test_every_minute_is_as_it_is_counted(charting: Stack, quick: Settings) -> None:
    processor = replace(quick.processor, stores="mysql")
    settings, began = charted(replace(quick, processor=processor)), time.time()
    late = began - 7200
    statsd = settings.statsd.prefix
    # Of two workers one counts lane 0 and sends, whichever leads the group.
    with working(settings, forwarder=0, throughput=2) as running:
        # What was there before that is another's to send.
        until_same(lambda: f"'{statsd}.overall.inserted'" in awaiting_flush(settings), True)
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES))
        until_equal(settings, began)
        asyncio.run(send_late(settings, late))
        asyncio.run(landed(settings, LINES + LATE))
        until_equal(settings, late)
        account = asyncio.run(read_account(settings))
        exact = f"{settings.carbon.prefix}.overall"
        shown = render(settings, f"{exact}.*", f"{exact}.errors.*", since=late)
        raw, valid = total(shown, f"{exact}.raw"), total(shown, f"{exact}.valid")
        assert raw == LINES + LATE
        assert valid == sum(entry.valid for entry in account.entries)
        errors = sum(total(shown, name) for name in shown if ".errors." in name)
        assert raw == valid + errors
        assert sum(shown[f"{exact}.raw"][int(late // 60) + more] for more in (0, 1)) == LATE
        # Where there are more minutes than points they are summed; Graphite leaves the first out.
        few = f"consolidateBy({exact}.valid, 'sum')"
        [drawn] = render(settings, few, since=late - 7200, maxDataPoints="10").values()
        assert sum(drawn.values()) == valid

        wanted = dict(zip(COUNTERS, (raw, valid, valid, raw, valid), strict=True))
        until_same(lambda: counters(settings, began), wanted)
        rates = [f"{statsd}.overall.{name}.rate" for name in ("raw", "valid", "inserted")]
        old = render(settings, *rates, since=began)
        assert [name for name in rates if not total(old, name)] == []
        # A new series can be found by a pattern once it is on disk.
        until_same(lambda: of_schemas(settings, began), valid)
        for chart in charts(settings):
            until_same(lambda: bool(render(settings, *chart.targets, since=began)), True)  # noqa: B023
    assert running.ended == []


def test_graphite_has_the_dashboard_and_env_says_where(
    charting: Stack, stack_settings: Settings
) -> None:
    where = environment(stack_settings)
    assert charting.env().items() >= where.items()
    page = requests.get(charts_url(stack_settings), timeout=30)
    assert page.status_code == 200
    assert "dashboard" in page.text
    loaded = requests.get(f"{where['GRAPHITE_URL']}/dashboard/load/elfaust", timeout=30).json()
    titles = [graph[1]["title"] for graph in loaded["state"]["graphs"]]
    assert titles == [chart.title for chart in charts(stack_settings)]


async def test_two_thousand_new_series_in_a_minute_are_all_there(
    charting: Stack, stack_settings: Settings
) -> None:
    settings = charted(stack_settings)
    view, now = View(keep_minutes=60), int(time.time() // 60)
    for number in range(NEW_SERIES):
        key = CountKey(0, "t", f"S{number}", 1, "", now)
        view.apply(key, {"count": number + 1, "last": 1, "positions": {}}, time.time())
    view.complete = True
    sender = CarbonSender(settings, view, Progress(settings, lambda: True), lambda: True)
    sending = asyncio.create_task(sender.run())
    wanted = {f"{settings.carbon.prefix}.schema.S{n}.1.valid": n + 1 for n in range(NEW_SERIES)}

    def shown() -> dict[str, float]:
        found = render(settings, f"{settings.carbon.prefix}.schema.*.*.valid", since=60 * now)
        return {name: sum(numbers.values()) for name, numbers in found.items()}

    try:
        async with asyncio.timeout(60):
            while await asyncio.to_thread(shown) != wanted:
                await asyncio.sleep(0.3)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
