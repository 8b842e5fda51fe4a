"""The judge alone: parse, validate and serialise in one process, beside EventLogging's plain way.

Run by `elfaust bench --judge` as `python -m elfaust.trial.judging LINES`; prints one JSON object.
Both take turns on the same lines, five times; the figures are medians of CPU seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from statistics import median

from elfaust.events.capsule import parse_user_agent
from elfaust.events.verdict import Judge
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import load
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import recorded_lines
from elfaust.trial.reference_judge import ReferenceJudge
from elfaust.workers.garbage import collect_rarely

TURNS = 5


def seconds(call: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main(count: int) -> None:
    """Measure `count` recorded lines, one in twenty of them invalid."""
    settings = load()
    registry = Registry(settings.schemas)
    judge = Judge("", registry, settings, enabled_stores(settings).values())
    reference = ReferenceJudge(registry)
    lines = [line for kind, line in recorded_lines(count) if kind == "client"]
    records = [make_record(line, n, 1_600_000_000_000) for n, line in enumerate(lines)]
    collect_rarely()
    mine: list[float] = []
    plain: list[float] = []
    for _ in range(TURNS):
        mine.append(seconds(lambda: asyncio.run(judge.judge(records, "bench/0"))))
        plain.append(seconds(lambda: [reference.judge(line) for line in lines]))
    print(
        json.dumps(
            {
                "lines": len(lines),
                "judge": {"lines_per_second": round(len(lines) / median(mine))},
                "plain": {"lines_per_second": round(len(lines) / median(plain))},
                "judge_over_plain": round(median(plain) / median(mine), 1),
                "user_agent_us": user_agents(lines),
            }
        )
    )


def user_agents(lines: list[bytes]) -> dict[str, float]:
    """Return what parsing a user agent costs the first time and after that, microseconds."""
    agents = sorted({line.rpartition(b"\t")[2].decode("utf-8", "replace") for line in lines})
    parse_user_agent.cache_clear()
    first = seconds(lambda: [parse_user_agent(agent) for agent in agents])
    again = seconds(lambda: [parse_user_agent(agent) for agent in agents * 100]) / 100
    return {
        "first": round(1e6 * first / len(agents), 1),
        "cached": round(1e6 * again / len(agents), 2),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
