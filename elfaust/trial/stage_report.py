"""What the turns of a stage come to: medians, their spread, ratios to elfaust, and a table."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from elfaust.errors import ElfaustError
from elfaust.trial.stage import Entry, Turn
from elfaust.trial.stage_lines import Sent

#: Bytes of a MB of memory.
MB = 1_000_000
#: The contender that the others are compared with.
FIRST = "elfaust"
HEADS = (
    *("", "us CPU", "least-most", "after 1/10", "x elfaust"),
    *("events/s", "MB, 1/10-all", "valid", "invalid"),
)


class OtherVerdicts(ElfaustError):
    """A contender that has not made of the lines what they are: its figures are of another job."""


def machine() -> dict[str, Any]:
    """Return how many CPUs this machine has, and its load of the last minute."""
    return {"cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def report(
    entries: Sequence[Entry],
    percents: Sequence[int],
    left_out: Mapping[str, str],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the JSON shape that `--json` prints; `before` is the machine as it was."""
    rows = [figures(entry.contender.name, entry.percent, entry.turns) for entry in entries]
    own = {row["invalid_percent"]: row for row in rows if row["name"] == FIRST}
    for row in rows:
        first = own[row["invalid_percent"]]["cpu_us_per_event"]
        row["cpu_over_elfaust"] = round(row["cpu_us_per_event"] / first, 2)
    return {
        "stage": "processor",
        "machine_before": dict(before),
        "invalid_percents": list(percents),
        "contenders": rows,
        "left_out": dict(left_out),
    }


def figures(name: str, percent: int, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return what one contender's turns come to: medians, and each turn."""
    each: list[dict[str, Any]] = [
        {
            "cpu_us_per_event": round(turn.cpu_us, 2),
            "cpu_us_after_a_tenth": round(turn.steady_cpu_us, 2),
            "events_per_second": round(turn.end.lines / turn.seconds),
            "memory_mb": {
                "after_a_tenth": round(turn.early.memory / MB, 1),
                "after_all": round(turn.end.memory / MB, 1),
            },
        }
        for turn in turns
    ]
    costs = [of["cpu_us_per_event"] for of in each]
    return {
        "name": name,
        "invalid_percent": percent,
        "events": turns[0].end.lines,
        "valid": turns[0].valid,
        "invalid": turns[0].invalid,
        "cpu_us_per_event": round(median(costs), 2),
        "cpu_us_range": [min(costs), max(costs)],
        "cpu_us_after_a_tenth": round(median(of["cpu_us_after_a_tenth"] for of in each), 2),
        "events_per_second": round(median(of["events_per_second"] for of in each)),
        "memory_mb": {
            part: round(median(of["memory_mb"][part] for of in each), 1)
            for part in ("after_a_tenth", "after_all")
        },
        "turns": each,
    }


def as_table(found: Mapping[str, Any]) -> str:
    """Return a report as text for people."""
    several = len(found["invalid_percents"]) > 1
    lines = [HEADS, *(_row(row, several) for row in found["contenders"])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    text = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    out = [f"{name} is left out: {why}" for name, why in found["left_out"].items()]
    of = found["machine_before"]
    return "\n".join([*text, *out, f"{of['cpus']} CPUs, whose load was {of['load']} before"])


def _row(row: Mapping[str, Any], several: bool) -> tuple[str, ...]:
    least, most = row["cpu_us_range"]
    memory = row["memory_mb"]
    return (
        row["name"] + (f", {row['invalid_percent']} % invalid" if several else ""),
        f"{row['cpu_us_per_event']:.1f}",
        f"{least:.1f}-{most:.1f}",
        f"{row['cpu_us_after_a_tenth']:.1f}",
        f"{row['cpu_over_elfaust']:.2f}",
        f"{row['events_per_second']:,}",
        f"{memory['after_a_tenth']:.0f}-{memory['after_all']:.0f}",
        f"{row['valid']:,}",
        f"{row['invalid']:,}",
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = zip(line, widths, strict=True)
    return [f"{first[0]:<{first[1]}}", *(f"{text:>{width}}" for text, width in rest)]


def check(entries: Sequence[Entry]) -> None:
    """Raise OtherVerdicts for those who have not made of the lines what they are."""
    others = [
        f"{entry.contender.name} {_other(entry.sent, turn)}"
        for entry in entries
        for turn in entry.turns
        if (turn.valid, turn.invalid) != (entry.sent.valid, entry.sent.invalid)
    ]
    if others:
        raise OtherVerdicts("; ".join(dict.fromkeys(others)))


def _other(sent: Sent, turn: Turn) -> str:
    made = f"made {turn.valid} events and {turn.invalid} errors"
    if turn.valid + turn.invalid > sent.lines:
        # Lanes are lost by who is not heard from in time, as on a machine that does much else.
        return f"{made} of {sent.lines} lines: it lost lanes and began them again; measure anew"
    return f"{made} of {sent.valid} valid and {sent.invalid} invalid lines"
