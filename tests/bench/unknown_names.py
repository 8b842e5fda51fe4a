"""Lines a second of one processor's lane where some lines name schemas that nobody knows.

`python -m tests.bench.unknown_names [LINES]` prints a table. Lines are recorded ones; each made-up
name comes once. The wiki is on loopback, takes its time, and has none of them. Nothing is sent to
Kafka. Figures are medians of three runs: lines a second of wall time and of CPU time until all
lines have been taken, how many of them waited then, and what the wiki was asked until then.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from elfaust.events.verdict import Judge
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.raw_lane import RawLane
from elfaust.lanes.waiting_lines import WaitLimits
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings, load
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import cases, recorded_lines
from elfaust.workers.garbage import collect_rarely
from tests.chaos.wiki import Wiki

RUNS = 3
LINES = 100_000
#: One line in so many has a made-up name (0: none), and how long the wiki takes, seconds.
CASES = ((0, 0.1), (250, 0.1), (250, 1.0), (100, 0.1), (100, 1.0))
#: Longest wait between looks at lines that wait, as in elfaust/lanes/assigned_lanes.py.
LOOK_SECONDS = 0.25


class Figures(NamedTuple):
    """What one run came to."""

    lines_per_second: float
    lines_per_cpu_second: float
    waiting: int
    calls: int


def records(count: int, one_in: int) -> list[Record]:
    """Return lines of client-side format, one in so many of them with a name of its own."""
    named = next(line for line in cases()[0] if line.kind == "client")
    name = b"%%22%s%%22" % named.key.schema.encode()
    recorded = islice((line for kind, line in recorded_lines(2 * count) if kind == "client"), count)
    after = named.after.replace(b"\t@\t", b"\t2020-09-13T12:26:40\t")
    lines = [
        named.before.replace(name, b"%%22Made%dUp%%22" % n) + b"%d" % n + after
        if one_in and n % one_in == 0
        else line
        for n, line in enumerate(recorded)
    ]
    return [make_record(line, n, 1_600_000_000_000) for n, line in enumerate(lines)]


def lane_of(judge: Judge, registry: Registry, settings: Settings) -> RawLane:
    """Return a lane whose records go nowhere."""

    async def publish(settled: Sequence[Settled]) -> None:
        await asyncio.sleep(0)

    async def note(text: str) -> None:
        await asyncio.sleep(0)

    async def is_published(key: SchemaKey) -> bool:
        return False

    callbacks = LaneCallbacks(publish, lambda end, text, _: None, note, is_published)
    lanes = 2 * settings.topics.lanes
    limits = WaitLimits(
        settings.processor.unresolved_seconds, settings.processor.waiting_bytes // lanes
    )
    return RawLane("bench/0", judge, registry, callbacks, limits)


async def run(settings: Settings, lines: list[Record], wiki: Wiki) -> Figures:
    """Have a lane take all lines, batch by batch, while it settles what waits as a worker does."""
    registry = Registry(settings.schemas)
    judge = Judge("", registry, settings, enabled_stores(settings).values())
    busy = asyncio.Lock()
    # What every worker has done once: schemas are compiled, user agents known.
    await lane_of(judge, registry, settings).take(records(5_000, 0))
    lane, size = lane_of(judge, registry, settings), settings.kafka.max_poll_records

    async def settle() -> None:
        while True:
            await registry.wait_changed(LOOK_SECONDS)
            async with busy:
                await lane.settle(registry.answered())

    settling = asyncio.create_task(settle())
    began, used = time.perf_counter(), time.process_time()
    for start in range(0, len(lines), size):
        async with busy:
            await lane.take(lines[start : start + size])
    took, used = time.perf_counter() - began, time.process_time() - used
    figures = Figures(len(lines) / took, len(lines) / used, lane.waits, wiki.asked.total())
    settling.cancel()
    with suppress(asyncio.CancelledError):
        await settling
    await registry.close()
    return figures


def measured(settings: Settings, count: int, one_in: int, seconds: float) -> Figures:
    """Return the medians of a case."""
    lines, found = records(count, one_in), []
    for _ in range(RUNS):
        with TemporaryDirectory() as empty, Wiki(Path(empty), seconds).running() as wiki:
            wiki.behaves = "slow"
            asks = replace(settings, schemas=replace(settings.schemas, wiki_url=wiki.url))
            found.append(asyncio.run(run(asks, lines, wiki)))
    return Figures(*(round(median(values)) for values in zip(*found, strict=True)))


def main(count: int) -> None:
    """Print the table."""
    settings = load()
    collect_rarely()
    print(f"{count} lines, medians of {RUNS} runs")
    print("| made-up names | wiki takes, s | lines/s | lines/CPU s | wait | calls |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for one_in, seconds in CASES:
        share = f"1 in {one_in}" if one_in else "none"
        cells = (share, seconds, *measured(settings, count, one_in, seconds))
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else LINES)
