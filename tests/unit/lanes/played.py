"""A lane's Kafka, registry and clock as a test plays them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from elfaust.errors import LaneLost, TooLong, TopicRefuses
from elfaust.events.fast_judge import FastJudge
from elfaust.events.verdict import Judge
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.raw_lane import RawLane
from elfaust.lanes.waiting_lines import WaitLimits
from elfaust.records import Outgoing, Record, SchemaKey, Source
from elfaust.schema.lookup.registry import Kind, Schema, State
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record

SETTINGS = Settings()

FORWARDER = "host/udp-0123456789ab"

TOLD = [SchemaKey(name, 1) for name in ("A", "B", "C", "D", "Late", "Other")]


class Killed(Exception):
    """The worker ends here."""


class Knowledge:
    """A registry whose answers a test sets: FOUND, MISSING, or ASKING for all others."""

    def __init__(self, **known: Kind) -> None:
        self.known = known
        self.asked: Counter[SchemaKey] = Counter()

    def state(self, key: SchemaKey) -> State:
        kind = self.known.get(key.schema, Kind.ASKING)
        return State(kind, _schema(key) if kind is Kind.FOUND else None, "as the test has it")

    def get(self, key: SchemaKey) -> Schema | None:
        return self.state(key).schema

    def reason(self, key: SchemaKey) -> str:
        return self.state(key).reason

    def ask(self, keys: Any) -> None:
        self.asked.update(list(keys))


SCHEMAS: dict[SchemaKey, Schema] = {}


def _schema(key: SchemaKey) -> Schema:
    return SCHEMAS.setdefault(key, Schema(key, {"properties": {"n": {"type": "integer"}}}))


def line(offset: int, schema: str, n: object = 1, source: str = "", position: int = -1) -> Record:
    capsule = {
        "schema": schema,
        "revision": 1,
        "wiki": "w",
        "recvFrom": "h",
        "dt": "2020-09-13T12:26:40Z",
        "event": {"n": n},
    }
    text = b"%d EventLogging %s" % (offset, json.dumps(capsule, separators=(",", ":")).encode())
    return make_record(text, offset, 1_600_000_000_000, (source, position) if source else None)


class Kafka:
    """The topics of events and errors, the committed offset, and how a worker may end."""

    def __init__(self, draw: random.Random | None = None) -> None:
        self.events: dict[str, list[int]] = {}
        self.errors: list[tuple[int, dict[str, Any]]] = []
        self.committed, self.note = 0, ""
        self.acknowledged: list[tuple[int, str]] = []
        self.when_committed: list[Callable[[], object]] = []
        self.moved = False
        self.refusing = set[str]()
        self._draw = draw

    def step(self) -> None:
        if self._draw and self._draw.random() < 0.05:
            raise Killed

    async def publish(self, settled: Sequence[Settled]) -> None:
        long = [(r, v) for r, v in settled if v.fault is None and b"too-long" in v.value]
        if long:
            raise TooLong(
                {Outgoing("t", 0, v.value, 0, Source("raw", r.offset)): 10 for r, v in long}
            )
        refused = [(r, v) for r, v in settled if v.fault is None and v.key.schema in self.refusing]
        for record, verdict in settled:
            self.step()
            if (record, verdict) in refused:
                continue
            if verdict.fault is None:
                self.events.setdefault(verdict.key.schema, []).append(record.offset)
            else:
                self.errors.append((record.offset, orjson.loads(verdict.value)["event"]))
        self.step()
        if refused:
            why = {
                Outgoing("t", 0, v.value, 0, Source("raw", r.offset)): "compacted"
                for r, v in refused
            }
            raise TopicRefuses(why)

    def acknowledge(self, end: int, note: str, when_committed: Callable[[], object]) -> None:
        self.acknowledged.append((end, note))
        self.when_committed.append(when_committed)

    async def commit_note(self, note: str) -> None:
        if self.moved:
            raise LaneLost(0, "another owner")
        self.commit()
        self.note = note
        self.step()

    def commit(self) -> None:
        if self.acknowledged:
            self.committed, self.note = self.acknowledged[-1]
            for call in self.when_committed:
                call()
            self.forget()

    def forget(self) -> None:
        self.acknowledged.clear()
        self.when_committed.clear()

    async def is_published(self, key: SchemaKey) -> bool:
        return key.schema in self.events

    def outcomes(self) -> Counter[int]:
        """Return how often a reader sees each raw line, who skips positions that do not rise."""
        seen: Counter[int] = Counter()
        for offsets in [*self.events.values(), [offset for offset, _ in self.errors]]:
            highest = -1
            for offset in offsets:
                if offset > highest:
                    highest = offset
                    seen[offset] += 1
        return seen

    def codes(self) -> list[tuple[int, str]]:
        return [(offset, event["code"]) for offset, event in self.errors]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def judge_with(registry: Any) -> Judge:
    return FastJudge(
        SETTINGS.processor.server_format, registry, SETTINGS, enabled_stores(SETTINGS).values()
    )


def lane(
    kafka: Kafka,
    registry: Knowledge,
    clock: Clock | None = None,
    size: int = 10**9,
    to: int = 0,
    judge: Judge | None = None,
) -> RawLane:
    given: Any = registry
    judge = judge or judge_with(registry)
    return RawLane(
        "raw/0",
        judge,
        given,
        LaneCallbacks(kafka.publish, kafka.acknowledge, kafka.commit_note, kafka.is_published),
        WaitLimits(60.0, size),
        note=kafka.note,
        judged_to=to,
        clock=clock or Clock(),
    )


async def take(lane: RawLane, kafka: Kafka, *records: Record) -> None:
    await lane.take(records)
