"""A trial: workers under a steady load, a fault, its end, and what the audit says then."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import requests

from elfaust.audit.audit import audit
from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.processes import cpu_seconds
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.workers.state import WorkerState, alive
from tests.integration.running import READERS

#: Lines a second of the load, unless a trial says otherwise.
RATE = 400.0
#: Seconds after which a condition that is awaited has failed.
PATIENCE = 120.0
#: Most of a CPU that a worker which only waits may use.
IDLE_CPU = 0.6


@dataclass
class Outcome:
    """What one fault did: how often it was injected, what the audit found, how long it took on."""

    fault: str
    times: int
    lines: int
    lost: int
    twice: int
    other: list[str]
    #: Seconds from the fault's end until all that was sent had landed everywhere.
    recovery: float


#: Sends so many lines (None: without end) at a rate, and calls back with the total; see job.send.
Sends = Callable[[Settings, int | None, float, Callable[[int], None]], Coroutine[Any, Any, int]]


class Enough(Exception):
    """The load is to end."""


class Load:
    """Lines sent by a thread of its own, without end: recorded ones, or what `sends` sends."""

    def __init__(self, settings: Settings, rate: float = RATE, sends: Sends = send) -> None:
        # However long Kafka is away, the load waits and sends nothing twice.
        kafka = replace(settings.kafka, publish_timeout=900.0, request_timeout=900.0)
        self._settings = replace(settings, kafka=kafka)
        self._rate = rate
        self._sends = sends
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self.sent = 0
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        def note(total: int) -> None:
            self.sent = total
            if self._over.is_set():
                raise Enough

        try:
            with suppress(Enough):
                asyncio.run(self._sends(self._settings, None, self._rate, note))
        except BaseException as error:
            self._failed = error

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Send until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self.stop()

    def stop(self) -> int:
        """End it; return how many lines were sent."""
        self._over.set()
        self._thread.join()
        if self._failed:
            raise self._failed
        return self.sent


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Return what a condition gives once that is true; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return found


def lags(settings: Settings) -> list[TopicLag]:
    """Return how far each role has come in each topic."""

    async def read() -> list[TopicLag]:
        async with LagReader(settings) as reader:
            return await reader.read()

    return asyncio.run(read())


def acknowledged(settings: Settings) -> dict[str, int]:
    """Return how many records each role has acknowledged, of every role."""
    done = dict.fromkeys(READERS, 0)
    for lag in lags(settings):
        done[lag.role] += lag.acknowledged
    return done


def by_topic(settings: Settings, role: str) -> dict[str, int]:
    """Return how many records of each topic a role has acknowledged."""
    return {lag.topic: lag.acknowledged for lag in lags(settings) if lag.role == role}


def workers_of(settings: Settings, role: str) -> list[WorkerState]:
    """Return the workers of a role that have their lanes."""
    return [worker for worker in alive(settings) if worker.role == role and worker.ready]


def waits_for(settings: Settings, role: str) -> str:
    """Return what a role's worker says that it waits for; empty if it is ready or silent."""
    return _says(settings, role, "waits_for")


def held(settings: Settings, role: str) -> str:
    """Return why events of some schemas wait by themselves; empty if none does."""
    return _says(settings, role, "held")


def _says(settings: Settings, role: str, what: str) -> str:
    for worker in alive(settings):
        if worker.role == role:
            with suppress(requests.RequestException, ValueError):
                answer = requests.get(f"{worker.web}ready/", timeout=5)
                assert (answer.status_code == 200) == answer.json()["ready"]
                return "; ".join(answer.json()[what])
    return ""


def go_on(settings: Settings, but: str, before: dict[str, int]) -> bool:
    """Return whether every role but one has acknowledged more than before."""
    now = acknowledged(settings)
    return all(now[role] > before[role] for role in before if role != but)


def others_go_on(settings: Settings, stuck: str, part: str) -> None:
    """Wait until a role names the part it waits for; the others go on, and it does not spin."""
    until(lambda: part in waits_for(settings, stuck), f"{stuck} names {part}")
    before, spent = acknowledged(settings), _cpu(settings, stuck)
    started = time.monotonic()
    until(lambda: go_on(settings, stuck, before), f"all but {stuck} go on")
    time.sleep(max(0.0, started + 5 - time.monotonic()))
    used = (_cpu(settings, stuck) - spent) / (time.monotonic() - started)
    assert used < IDLE_CPU, f"{stuck} uses {used:.0%} of a CPU while it waits"


def one_topic_waits(settings: Settings, role: str, topic: str, part: str) -> dict[str, int]:
    """Wait until a role holds a topic and names why; its other topics and the other roles go on.

    Returns what the role had acknowledged of each topic before the others went on.
    """
    until(lambda: part in held(settings, role), f"{role} names {part}")
    before, all_before = by_topic(settings, role), acknowledged(settings)

    def others() -> bool:
        now = by_topic(settings, role)
        assert now.get(topic) == before.get(topic), f"{topic} was not held"
        return all(now[name] > before[name] for name in before if name != topic)

    until(others, f"the other topics of {role} go on")
    until(lambda: go_on(settings, role, all_before), f"all but {role} go on")
    return before


def _cpu(settings: Settings, role: str) -> float:
    return sum(cpu_seconds(worker.pid) for worker in alive(settings) if worker.role == role)


def judged(
    settings: Settings,
    fault: str,
    times: int,
    sent: int,
    undone: float,
    ready: Callable[[Settings], Coroutine[Any, Any, None]] | None = None,
) -> Outcome:
    """Wait until all has landed and return what the audit says; `undone` is when the fault ended.

    What else must be `ready` is awaited too. Faults that lasted more than an hour would need more
    patience.
    """
    asyncio.run(landed(settings, sent, timeout=PATIENCE))
    if ready:
        asyncio.run(ready(settings))
    recovery = time.monotonic() - undone
    found = asyncio.run(audit(settings))
    numbers = {kind: sum(f.number for f in found.findings if f.kind == kind) for kind in KINDS}
    other = [f"{f.kind} {f.where}: {f.detail}" for f in found.findings if f.kind not in KINDS]
    if found.account.raw != sent:
        other.append(f"{sent} lines sent, {found.account.raw} in Kafka")
    return Outcome(fault, times, sent, numbers["lost"], numbers["twice"], other, recovery)


KINDS = ("lost", "twice")
