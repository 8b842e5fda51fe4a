"""The judge alone: parse, validate and serialise in one process, beside EventLogging's plain way.

Run by `elfaust bench --judge` as `python -m elfaust.trial.judging LINES`; prints one JSON object.
All take turns five times; the figures are medians of CPU seconds, the ratios those of turns.
Refused lines are the recorded ones in equal parts; the flood is one with a property too many.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from statistics import median

from elfaust.events.capsule import parse_user_agent
from elfaust.events.core_judge import worker_judge
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import load
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import cases, recorded_lines
from elfaust.trial.reference_judge import ReferenceJudge
from elfaust.workers.garbage import collect_rarely

TURNS = 5
#: Lines that are measured apart.
KINDS = ("valid", "refused", "flood")


def seconds(call: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main(count: int) -> None:
    """Measure `count` recorded lines, one in twenty of them invalid."""
    settings = load()
    registry = Registry(settings.schemas)
    judge = worker_judge("", registry, settings, enabled_stores(settings).values())
    reference = ReferenceJudge(registry)
    lines = [line for kind, line in recorded_lines(count) if kind == "client"]
    records = {
        name: [make_record(line, n, 1_600_000_000_000) for n, line in enumerate(some)]
        for name, some in {"all": lines, **apart(lines)}.items()
    }
    collect_rarely()
    spent: dict[str, list[float]] = {name: [] for name in (*records, "plain")}
    for _ in range(TURNS):
        for name, some in records.items():
            spent[name].append(seconds(lambda some=some: settle(judge, some)) / len(some))  # type: ignore[misc]
        plain = seconds(lambda: [reference.judge(line) for line in lines])
        spent["plain"].append(plain / len(lines))

    def ratio(one: str, other: str) -> float:
        return round(median(a / b for a, b in zip(spent[one], spent[other], strict=True)), 2)

    print(
        json.dumps(
            {
                "lines": len(lines),
                "judge": {"lines_per_second": round(1 / median(spent["all"]))},
                "plain": {"lines_per_second": round(1 / median(spent["plain"]))},
                "judge_over_plain": ratio("plain", "all"),
                "us": {n: round(1e6 * median(of), 1) for n, of in spent.items() if n in KINDS},
                "refused_over_valid": ratio("refused", "valid"),
                "flood_over_valid": ratio("flood", "valid"),
                "user_agent_us": user_agents(lines),
            }
        )
    )


def apart(lines: Sequence[bytes]) -> dict[str, list[bytes]]:
    """Return as many valid lines, refused lines and lines of a flood, by KINDS."""
    refused = [one for one in cases()[1] if one.kind == "client"]
    others = {one.line for one in refused}
    valid = [line for line in lines if line not in others]
    misfit = next(one.line for one in refused if b"unexpected" in one.line)
    endless = cycle(one.line for one in refused)
    return {
        "valid": valid,
        "refused": list(islice(endless, len(valid))),
        "flood": [misfit] * len(valid),
    }


def settle(judge: Judge, records: Sequence[Record]) -> None:
    """Give each record its verdict, as a worker does."""
    for record in records:
        found = judge.read(record, "bench/0")
        if not isinstance(found, Verdict):
            judge.verdict(record, found, "bench/0") or judge.without_schema(
                record, found, "bench/0"
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
