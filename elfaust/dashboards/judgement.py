"""The judgement of `elfaust check`: what the workers of this machine say at `/metrics`, now.

It is that of the alerts (alerts.yml): of a server that is waited for, events that are held or late,
Hive's partitions and tables, the spool, a disk, lost datagrams, restarts, what is unusual of
schemas; and of a role without a worker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator
from math import isfinite
from typing import Any, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from elfaust.dashboards.numbers import Number, Said
from elfaust.dashboards.unusual import BEHIND, of_schemas
from elfaust.metrics.of_hive import HIVE_DIFFERENCES, HIVE_MISSING_SECONDS
from elfaust.metrics.of_processes import DISK_FREE, DISK_SIZE, RECENT_STARTS
from elfaust.metrics.table import (
    DATAGRAMS_LOST,
    HELD,
    LAG_SECONDS,
    LOSS_TIME,
    METRICS,
    SPOOL_BYTES,
    STATE,
)
from elfaust.overview.look import all_metrics
from elfaust.roles import READERS, running
from elfaust.settings import Settings
from elfaust.workers.state import alive

#: The labels of each metric.
LABELS = {metric.name: set(metric.labels) for metric in METRICS}
#: From where on a number is a warning, and critical: seconds of lag, bytes of the spool, and the
#: part of a disk that is in use.
LATE, SPOOLED, USED = (BEHIND, 900), (500_000_000, 5_000_000_000), (0.9, 0.95)
#: Restarts of a worker in an hour from where on they are a warning.
RESTARTS = (3, None)
#: For how many seconds a loss is told of.
LOSS_SECONDS = 3600


class Judged(NamedTuple):
    """What was found: how bad it is, what is wrong, and the numbers."""

    level: str
    findings: list[str]
    numbers: list[Number]
    workers: int

    def as_object(self) -> dict[str, Any]:
        """Return the JSON shape that `--json` prints."""
        numbers = {number.label: number.value for number in self.numbers}
        return {"outcome": self.level, "findings": self.findings, "numbers": numbers}


def judged(settings: Settings) -> Judged:
    """Judge the workers of this machine by what they say now."""
    said: list[tuple[str, Said]] = []
    silent: list[str] = []
    workers = alive(settings)
    for worker, text in zip(workers, asyncio.run(all_metrics(workers)), strict=True):
        try:
            said.append((worker.role, _read(text)))
        except Exception:
            # Whatever is said there: of the other workers it says nothing.
            silent.append(worker.role)
    return judge(said, silent, running(settings.processor.stores, READERS), time.time())


def judge(
    said: list[tuple[str, Said]], silent: Iterable[str], roles: Collection[str], now: float
) -> Judged:
    """Judge what workers have said at `now`, Unix seconds.

    Those in `silent` have said nothing, and a worker of each of `roles` must run.
    """
    findings = [("unknown", f"{role} does not answer") for role in silent]
    answering = {role for role, _ in said}
    missing = sorted(set(roles) - answering - set(silent))
    findings += [("critical", f"no worker of {role} runs") for role in missing]
    for role, of in said:
        findings += _stands(role, of)
        findings += _lost(of, now)
    # A worker without lanes has none; that nobody of a role has any is Kafka's silence.
    known = {role for role, of in said if of.get(LAG_SECONDS.name)}
    findings += [
        ("unknown", f"the lag of {role} is not known")
        for role in sorted(answering.intersection(roles) - known)
    ]
    numbers = list(_numbers(said))
    findings += [
        (number.level, f"{number.label} is {number.value:.15g}{number.unit}")
        for number in numbers
        if number.level != "ok"
    ]
    found, more = of_schemas(said)
    findings, numbers = findings + found, numbers + more
    # What is known to be bad is worse than what is not known.
    order = ("ok", "unknown", "warning", "critical")
    worst = max((level for level, _ in findings), key=order.index, default="ok")
    texts = sorted(dict.fromkeys(findings), key=lambda one: -order.index(one[0]))
    return Judged(worst, [text for _, text in texts], numbers, len(said))


def _stands(role: str, said: Said) -> Iterator[tuple[str, str]]:
    states = [labels[-1] for labels, value in said.get(STATE.name, {}).items() if value]
    if not states:
        yield "unknown", f"{role} does not say how it stands"
    if "waiting" in states:
        yield "critical", f"{role} waits for a server"
    if differ := sum(said.get(HIVE_DIFFERENCES.name, {}).values()):
        yield "warning", f"{role}: {differ:g} differ, as elfaust hive status says"
    elif held := sum(said.get(HELD.name, {}).values()):
        yield "warning", f"{role} holds events: {held:g}"


def _lost(said: Said, now: float) -> Iterator[tuple[str, str]]:
    for (by, *_), last in said.get(LOSS_TIME.name, {}).items():
        if now - last < LOSS_SECONDS:
            yield "critical", f"datagrams were lost {max(0, now - last) / 60:.0f} min ago, by {by}"


def _numbers(said: list[tuple[str, Said]]) -> Iterator[Number]:
    late: dict[str, float] = {}
    used: dict[str, float] = {}
    spooled = missing = None
    for role, of in said:
        if ages := of.get(LAG_SECONDS.name):
            late[role] = max(late.get(role, 0.0), *ages.values())
        for (folder, *_), free in of.get(DISK_FREE.name, {}).items():
            used[folder] = 1 - free / max(1.0, of.get(DISK_SIZE.name, {}).get((folder,), 1.0))
        if ages := of.get(HIVE_MISSING_SECONDS.name):
            missing = max(missing or 0.0, *ages.values())
        if SPOOL_BYTES.name in of:
            spooled = (spooled or 0.0) + sum(of[SPOOL_BYTES.name].values())
    for role, seconds in sorted(late.items()):
        yield Number(f"lag_{role}", round(seconds, 1), "s", LATE)
    for folder, part in sorted(used.items()):
        yield Number(f"disk_used_{folder}", round(part, 4), "", USED)
    if missing is not None:
        yield Number("hive_partitions_missing", round(missing, 1), "s", LATE)
    if spooled is not None:
        yield Number("spool", spooled, "B", SPOOLED)
    lost = [sum(of[DATAGRAMS_LOST.name].values()) for _, of in said if DATAGRAMS_LOST.name in of]
    if lost:
        yield Number("datagrams_lost", sum(lost), "c")
    begun: dict[str, float] = {}
    for role, of in said:
        begun[role] = max(begun.get(role, 0), *of.get(RECENT_STARTS.name, {(): 1}).values())
    for role, times in sorted(begun.items()):
        yield Number(f"restarts_{role}", max(0, times - 1), "", RESTARTS)


def _read(text: str | None) -> Said:
    """Return the numbers that a worker says; raises ValueError for what none says."""
    if text is None:
        raise ValueError("it says nothing")
    said: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in LABELS:
                if LABELS[sample.name] != set(sample.labels) or not isfinite(sample.value):
                    raise ValueError(f"{sample} is said by no worker")
                # Prometheus's text has labels by their names.
                said.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return said
