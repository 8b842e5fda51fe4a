"""Graphite for the length of a test, and what it says beside the table of counts."""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from elfaust.counts.reader import read_counts
from elfaust.devstack.graphite import with_charts
from elfaust.devstack.stack import Stack
from elfaust.graphite.series import points
from elfaust.settings import Settings

SERVERS = ("carbon", "graphite", "statsd")
#: Seconds for what is awaited.
PATIENCE = 60.0
#: How often a request that Graphite fails at is made.
TRIES = 10
#: By series and minute since the epoch.
Numbers = Mapping[str, Mapping[int, float]]


@contextmanager
def graphite(settings: Settings) -> Iterator[Stack]:
    """Have Graphite's servers run beside the stack's others, and stop those that did not before."""
    stack = Stack(settings, extras=("graphite",))
    servers = [stack.server(name) for name in SERVERS]
    ran = [server for server in servers if server.pid()]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_ready(120)
        yield stack
    finally:
        for server in servers:
            if server not in ran:
                server.stop()
        if not ran:
            # A stack that has its folder has these servers, and lacks them where they do not run.
            shutil.rmtree(Path(settings.stack.dir) / "graphite")


def charted(settings: Settings) -> Settings:
    """Return settings by which workers send to it often, under names that nobody else uses."""
    settings, name = with_charts(settings), f"t{uuid.uuid4().hex[:8]}"
    return replace(
        settings,
        carbon=replace(settings.carbon, prefix=f"{name}.exact", seconds=0.5, timeout=3.0),
        statsd=replace(settings.statsd, prefix=name, seconds=1.0),
    )


def render(settings: Settings, *targets: str, since: float, **more: str) -> Numbers:
    """Return what Graphite renders from `since` (Unix seconds) on, where it has anything."""
    # `from` is exclusive.
    asked: dict[str, Any] = {"target": targets, "format": "json", "from": int(since) // 60 * 60 - 1}
    url = f"http://127.0.0.1:{settings.stack.graphite_port}/render"
    for _ in range(TRIES):
        answer = requests.get(url, params=asked | more, timeout=30)
        # A file that Carbon makes at this moment cannot be read.
        if answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
            break
        time.sleep(0.5)
    answer.raise_for_status()
    found: dict[str, Counter[int]] = {}
    for series in answer.json():
        numbers = found.setdefault(series["target"], Counter())
        for value, at in series["datapoints"]:
            if value is not None:
                numbers[at // 60] += value
    return found


def counted(settings: Settings, since: float) -> Numbers:
    """Return the points that Graphite must have, from the table of counts."""
    view = asyncio.run(read_counts(settings))
    found: dict[str, dict[int, float]] = {}
    for minute in range(int(since // 60), int(time.time() // 60) + 1):
        for name, number in points(view.minute(minute)).items():
            found.setdefault(f"{settings.carbon.prefix}.{name}", {})[minute] = number
    return found


def differences(settings: Settings, since: float) -> list[str]:
    """Return where the minutes of Graphite and of the table of counts differ, of each series."""
    prefix = settings.carbon.prefix
    targets = [f"{prefix}.overall.*", f"{prefix}.overall.errors.*", f"{prefix}.schema.*.*.valid"]
    shown = render(settings, *targets, f"{prefix}.schema.*.*.errors.*", since=since)
    wanted = counted(settings, since)
    found = []
    for name in sorted({*shown, *wanted}):
        has, wants = shown.get(name, {}), wanted.get(name, {})
        for minute in sorted({*has, *wants}):
            if has.get(minute, 0) != wants.get(minute, 0):
                numbers = f"{has.get(minute)} in Graphite, {wants.get(minute)} counted"
                found.append(f"{name} at {minute}: {numbers}")
    return found


def until_same(ask: Callable[[], object], wanted: object, seconds: float = PATIENCE) -> None:
    """Wait until what is asked is what is wanted."""
    deadline = time.monotonic() + seconds
    while (found := ask()) != wanted:
        assert time.monotonic() < deadline, f"{found} is not {wanted}"
        time.sleep(0.5)


def until_equal(settings: Settings, since: float, seconds: float = PATIENCE) -> None:
    """Wait until Graphite shows what the table of counts has, minute by minute."""
    until_same(lambda: differences(settings, since)[:20], [], seconds)


def total(numbers: Numbers, name: str) -> float:
    """Return the sum of a series over all minutes."""
    return sum(numbers.get(name, {}).values())
