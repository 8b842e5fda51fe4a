"""Roles and topics as they stand now, made of what each worker of this machine has said.

The JSON of an overview, stable; times are UTC, in ISO 8601, null where it never was:

    {"looked": time of the look,
     "roles": [{"role": str, "state": one of STATES or "absent",
                "lag": {"events": int, "seconds": float, "as_of": time} or null where nobody knows,
                "workers": [{"pid": int, "web": str, "state": str, "ready": bool, "as_of": time,
                             "waits_for": [{"why": str, "since": time}], "held": [the same],
                             "unforeseen": {code: int}, "unnamed": {table: int},
                             "error": why it did not answer, null if it did}]}],
     "topics": [{"topic": str, "lag": {role: the same as above}}]}

`as_of` is when a number was measured. It stays where it is while nobody measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elfaust.overview.worker_said import STATES, Lag, Trouble, WorkerSaid
from elfaust.times import iso8601
from elfaust.workers.since import trouble_of

#: The role that keeps tables of events which others have stored.
HIVE = "hive"
#: State of a role that should run and has no worker: worse than those of a worker.
ABSENT = "absent"


@dataclass(frozen=True)
class RoleNow:
    """One role and its workers on this machine."""

    role: str
    workers: Sequence[WorkerSaid]

    @property
    def state(self) -> str:
        """The worst of its workers' states."""
        return min((w.state for w in self.workers), key=STATES.index, default=ABSENT)

    @property
    def troubles(self) -> dict[str, Trouble]:
        """What its workers wait for and hold, each once, since when the first of them does."""
        found: dict[str, Trouble] = {}
        for worker in self.workers:
            of = [(trouble_of(wait.why), wait) for wait in worker.waits_for]
            for key, trouble in [*of, *((held.why, held) for held in worker.held)]:
                found[key] = min(found.get(key, trouble), trouble, key=lambda one: one.since)
        return found

    @property
    def topics(self) -> dict[str, Lag]:
        """Its lag by topic."""
        by_topic: dict[str, list[Lag]] = {}
        for worker in self.workers:
            for topic, lag in worker.lag.items():
                by_topic.setdefault(topic, []).append(lag)
        return {topic: together(lags) for topic, lags in by_topic.items()}

    @property
    def lag(self) -> Lag | None:
        """Its lag in all topics, None where no worker has said it."""
        lags = [lag for worker in self.workers for lag in worker.lag.values()]
        return together(lags) if lags else None


@dataclass(frozen=True)
class Overview:
    """What the workers of this machine have said until a look; `roles` should run."""

    #: Unix seconds.
    looked: float
    expected: Sequence[str]
    workers: Sequence[WorkerSaid]

    @property
    def roles(self) -> list[RoleNow]:
        """The roles that should run, and others that do."""
        found: dict[str, list[WorkerSaid]] = {role: [] for role in self.expected}
        for worker in self.workers:
            found.setdefault(worker.role, []).append(worker)
        return [RoleNow(role, workers) for role, workers in found.items()]

    @property
    def unwell(self) -> list[str]:
        """Why workers are not well: they say nothing, wait for a server, or hold events."""
        found = []
        for worker in self.workers:
            if worker.error:
                found.append(f"{worker.role} waits for an answer of its own")
            elif worker.waits_for:
                waits = "; ".join(wait.why for wait in worker.waits_for)
                found.append(f"{worker.role} waits for {waits}")
            # What this one tells of is stored nevertheless.
            if worker.role != HIVE:
                found += [f"{worker.role} holds events: {held.why}" for held in worker.held]
        return found

    @property
    def topics(self) -> dict[str, dict[str, Lag]]:
        """The lag by topic and role."""
        found: dict[str, dict[str, Lag]] = {}
        for role in self.roles:
            for topic, lag in role.topics.items():
                found.setdefault(topic, {})[role.role] = lag
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, Any]:
        """Return the overview as the JSON that this module's docstring describes."""
        return {
            "looked": iso8601(int(self.looked)),
            "roles": [
                {
                    "role": role.role,
                    "state": role.state,
                    "lag": _lag(role.lag),
                    "workers": [_worker(worker) for worker in role.workers],
                }
                for role in self.roles
            ],
            "topics": [
                {"topic": topic, "lag": {role: _lag(lag) for role, lag in lags.items()}}
                for topic, lags in self.topics.items()
            ],
        }


def together(lags: Iterable[Lag]) -> Lag:
    """Return the lag of several lanes or topics; it is as old as the oldest of them."""
    found = list(lags)
    return Lag(
        sum(lag.events for lag in found),
        max(lag.seconds for lag in found),
        min(lag.measured for lag in found),
    )


def _lag(lag: Lag | None) -> Mapping[str, Any] | None:
    if lag is None:
        return None
    return {"events": lag.events, "seconds": round(lag.seconds, 1), "as_of": _time(lag.measured)}


def _worker(worker: WorkerSaid) -> dict[str, Any]:
    return {
        "pid": worker.pid,
        "web": worker.web,
        "state": worker.state,
        "ready": worker.is_ready,
        "as_of": _time(worker.said),
        "waits_for": [_trouble(trouble) for trouble in worker.waits_for],
        "held": [_trouble(trouble) for trouble in worker.held],
        "unforeseen": dict(worker.unforeseen),
        "unnamed": dict(worker.unnamed),
        "error": worker.error or None,
    }


def _trouble(trouble: Trouble) -> dict[str, Any]:
    return {"why": trouble.why, "since": _time(trouble.since)}


def _time(seconds: float) -> str | None:
    return iso8601(int(seconds)) if seconds else None
