"""What one worker says of itself, and since when: `/-/ready` and `/metrics`, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from elfaust.metrics.table import LAG_EVENTS, LAG_MEASURED, LAG_SECONDS, STATE
from elfaust.workers.state import WorkerState

#: From bad to well. A worker that is alive and says nothing is silent; one that has not got its
#: first batch yet, and waits for nobody, starts.
STATES = ("silent", "waiting", "held", "retrying", "starting", "running")
#: No worker says numbers, times and spans of time from there on; of longer texts the beginning is
#: shown.
MOST, END_OF_TIME, LONGEST_SPAN, LONGEST = 2**53, 10**11, 10**10, 10_000
#: What is asked of `/metrics`: a worker of many schemas has thousands of other lines.
METRICS = tuple(metric.name for metric in (LAG_EVENTS, LAG_SECONDS, LAG_MEASURED, STATE))


@dataclass(frozen=True)
class Trouble:
    """A server that is waited for, or a table, schema or lane that is held."""

    why: str
    #: Unix seconds at which it was first seen.
    since: float


@dataclass(frozen=True)
class Lag:
    """How far a role is behind in a topic: records, and the age of the oldest in seconds."""

    events: int
    seconds: float
    #: When it was measured, Unix seconds.
    measured: float


@dataclass(frozen=True)
class WorkerSaid:
    """What a worker has said, and when that was; nothing of it was said later."""

    role: str
    pid: int
    web: str
    state: str
    #: Unix seconds at which it was asked; 0 where it never answered.
    said: float = 0.0
    waits_for: tuple[Trouble, ...] = ()
    held: tuple[Trouble, ...] = ()
    #: Records on which elfaust itself failed, by code (elfaust/workers/ready.py).
    unforeseen: Mapping[str, int] = field(default_factory=dict)
    #: Keys of events that have no column in MySQL, by table.
    unnamed: Mapping[str, int] = field(default_factory=dict)
    #: By topic.
    lag: Mapping[str, Lag] = field(default_factory=dict)
    #: Why it did not answer when it was last asked, "" if it did.
    error: str = ""
    #: Received datagrams that are lost, by who could not keep them.
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether it waits for nobody."""
        return self.state != "silent" and not self.waits_for


def read(worker: WorkerState, ready: Any, metrics: str, now: float) -> WorkerSaid:
    """Return what a worker says by the JSON of `/-/ready` and the text of `/metrics`.

    Raises ValueError, KeyError, TypeError or AttributeError for what no worker says: whoever shows
    it need not look whether a number is one.
    """
    since = ready["since"]
    waits_for, held = (
        tuple(Trouble(_text(why), _number(since[why], END_OF_TIME)) for why in ready[name])
        for name in ("waits_for", "held")
    )
    numbers = _numbers(metrics)
    state = next((of[-1] for of, value in numbers.get(STATE.name, {}).items() if value), "running")
    if state not in STATES:
        raise ValueError(f"{state!r:.40} as a state")
    if waits_for:
        state = "waiting"
    elif state == "waiting":
        # The two were said one after the other, and the metrics before.
        state = "retrying"
    elif state == "running" and held:
        state = "held"
    elif state == "running" and not worker.ready:
        state = "starting"
    return WorkerSaid(
        worker.role,
        worker.pid,
        worker.web,
        state,
        now,
        waits_for,
        held,
        _counts(ready["unforeseen"]),
        _counts(ready["unnamed"]),
        _lags(numbers),
        lost=_counts(ready.get("lost", {})),
    )


def _lags(numbers: Mapping[str, Mapping[tuple[str, ...], float]]) -> dict[str, Lag]:
    measured = max(numbers.get(LAG_MEASURED.name, {}).values(), default=0.0)
    seconds = numbers.get(LAG_SECONDS.name, {})
    return {
        _text(of[-1]): Lag(
            int(_number(events)),
            _number(seconds.get(of, 0.0), LONGEST_SPAN),
            _number(measured, END_OF_TIME),
        )
        for of, events in numbers.get(LAG_EVENTS.name, {}).items()
    }


def _counts(said: Mapping[Any, Any]) -> dict[str, int]:
    return {_text(of): int(_number(count)) for of, count in said.items()}


def _number(value: Any, end: float = MOST) -> float:
    if isinstance(value, bool) or not 0 <= value < end:
        raise ValueError(f"{value!r:.40} as a number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} as a text")
    # JSON may have halves of characters, which nobody can print.
    return value[:LONGEST].encode("utf-8", "replace").decode()


def _numbers(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    lines = [line for line in text.splitlines() if line.startswith(METRICS)]
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found
