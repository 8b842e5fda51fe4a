"""The whole way of a case through elfaust, each step with its promises.

All calls into elfaust's steps stand here and in `sinks.py` and `tools.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from elfaust.delivery.batch import records_of
from elfaust.errors import Unforeseen
from elfaust.events.verdict import Judge, Verdict
from elfaust.names import TopicNames
from elfaust.records import Outgoing, Record, Source
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from tests.fuzz.cases import Case
from tests.fuzz.faults import Faults, TooLong
from tests.fuzz.kafka import Topics
from tests.fuzz.lanes import settle
from tests.fuzz.records import Fetched
from tests.fuzz.sinks import Sinks
from tests.fuzz.tools import tools
from tests.fuzz.values import Values

ERROR_FIELDS = {"rawEvent", "message", "code", "schema", "revision", "path", "hint", "cause"}
CODES = ("processor", "validation", "consumer", "unresolved")


def settings_of(case: Case, folder: Path) -> Settings:
    """Return the settings of a case whose files are in a folder."""
    base = Settings()
    return replace(
        base,
        schemas=replace(base.schemas, folder=str(folder / "schemas"), compatibility=case.year),
        hdfs=replace(base.hdfs, storage="local", root=str(folder / "hdfs"), writers=1),
        workers=replace(base.workers, state=str(folder / "state")),
        processor=replace(base.processor, keep_user_agent="Edit A"),
    )


class Way:
    """One case on its way."""

    def __init__(self, case: Case, folder: Path, faults: Faults) -> None:
        case.write(folder / "schemas")
        self.case = case
        self.faults = faults
        self.settings = settings_of(case, folder)
        self.names = TopicNames(self.settings)
        self.topics = Topics(self.settings)
        #: How many there were of each outcome.
        self.seen: dict[str, int] = {}
        self.values = Values(case, self.settings, faults, self.seen)

    def run(self) -> None:
        """Go the whole way."""
        for kind, form in self.settings.line_formats.items():
            records = self.records(self.case.records.get(kind, []))
            self._process(self.settings.raw_topics[kind], form, records)
        judged = {topic: len(of) for topic, of in self.topics.records.items()}
        for path, fetched in self.case.records.items():
            if "/" in path:
                schema, _, file = path.partition("/")
                self.topics.add(f"eventlogging_{schema}_{file.removesuffix('.json')}", fetched)
        by_topic = {topic: self.records(of) for topic, of in self.topics.records.items()}
        sinks = Sinks(
            self.settings, self.faults, self.topics, self.case.stores, self.seen, self.values
        )
        sinks.take(by_topic, judged)
        if self.case.asks:
            tools(self.settings, self.case, self.faults)

    def records(self, fetched: Sequence[Fetched]) -> list[Record]:
        """Return the records of a fetch; those at which it fails are left out."""

        def read(some: Sequence[Fetched]) -> list[Record]:
            return records_of(some)

        records = self.faults.attempt("batch", read, fetched)
        if records is None:
            alone = [self.faults.attempt("batch", read, [one]) for one in fetched]
            records = [record for found in alone if found for record in found]
        self.faults.promise(
            "batch", all(_is_sound(r) for r in records), "a record's position or time is unsound"
        )
        return records

    def _process(self, topic: str, form: str, records: list[Record]) -> None:
        judged = self._judged(topic, form, records)
        outgoing = []
        for record, verdict in judged:
            self._check(record, verdict)
            self.faults.attempt("values", self.values.judged, record, verdict)
            target = self.names.error if verdict.code else self.names.event(verdict.key)
            if not verdict.code:
                self.faults.promise(
                    "judge",
                    self.names.schema_of(target) == verdict.key,
                    "a topic's name does not tell its schema",
                    verdict.key,
                )
            outgoing.append(
                Outgoing(
                    target,
                    0,
                    verdict.value,
                    record.timestamp,
                    Source(topic, record.offset),
                    verdict.headers,
                )
            )
        before = sum(map(len, self.topics.records.values()))
        self.faults.attempt("publish", lambda: self.topics.publish(outgoing))
        after = sum(map(len, self.topics.records.values()))
        self.faults.promise("publish", after - before == len(outgoing), "not all are published")

    def _judged(self, topic: str, form: str, records: list[Record]) -> list[tuple[Record, Verdict]]:
        def judge(of: Sequence[Record]) -> list[Verdict]:
            registry = Registry(self.settings.schemas)
            return asyncio.run(self._judge(form, registry).judge(of, f"{topic}/0"))

        verdicts = self.faults.attempt("judge", judge, records)
        if verdicts is None:
            return self._judged_alone(judge, records)
        self.faults.promise(
            "judge", len(verdicts) == len(records), "a record without a verdict, or with two"
        )
        self._settle(topic, form, records, verdicts)
        return list(zip(records, verdicts, strict=False))

    def _judge(self, form: str, registry: Registry) -> Judge:
        return Judge(form, registry, self.settings, enabled_stores(self.settings).values())

    def _settle(
        self, topic: str, form: str, records: list[Record], verdicts: list[Verdict]
    ) -> None:
        """Judge again as a worker does; each verdict must be the same."""

        def judge_again() -> dict[int, Verdict]:
            registry = Registry(self.settings.schemas)
            judge = self._judge(form, registry)
            return asyncio.run(settle(judge, registry, f"{topic}/0", records))

        settled = self.faults.attempt("lane", judge_again) or {}
        for record, one in zip(records, verdicts, strict=False):
            other = settled.get(record.offset, one)
            shown = record.value[:200], one.value[:300], other.value[:300]
            same = one.value == other.value and one.key == other.key
            self.faults.promise("lane", same, "judged again it is another verdict", shown)

    def _judged_alone(
        self, judge: Callable[[Sequence[Record]], list[Verdict]], records: list[Record]
    ) -> list[tuple[Record, Verdict]]:
        """Judge what cannot be judged together one by one, until the third that takes too long."""
        judged: list[tuple[Record, Verdict]] = []
        slow = 0
        for record in records:
            if found := self.faults.attempt("judge", judge, [record]):
                judged.append((record, found[0]))
            else:
                slow += isinstance(self.faults.found[-1].error, TooLong)
                if slow == 3:
                    break
        return judged

    def _check(self, record: Record, verdict: Verdict) -> None:
        code = verdict.code or "valid"
        self.seen[code] = self.seen.get(code, 0) + 1
        if isinstance(verdict.fault, Unforeseen):
            self.faults.caught("judge", verdict.fault.error)
        self.faults.attempt("verdict", lambda: verdict.value.decode("utf-8"))
        capsule = self.faults.attempt("verdict", lambda: orjson.loads(verdict.value))
        if verdict.code:
            self._check_error(verdict, capsule)
        elif isinstance(capsule, dict):
            here = capsule.get("schema"), capsule.get("revision")
            self.faults.promise(
                "verdict", here == verdict.key, "an event is of another schema", here
            )
            self.faults.promise(
                "verdict", len(capsule.get("uuid", "")) == 32, "an event without a uuid", capsule
            )

    def _check_error(self, verdict: Verdict, capsule: Any) -> None:
        event = capsule.get("event", {}) if isinstance(capsule, dict) else {}
        limits, promise = self.settings.processor, self.faults.promise
        promise("verdict", event.keys() >= ERROR_FIELDS, "an EventError lacks a field", event)
        promise("verdict", event.get("code") in CODES, "an EventError has another code", event)
        revision = event.get("revision")
        promise("verdict", type(revision) is int, "an EventError's revision is none", revision)
        texts = [event.get(name) for name in sorted(ERROR_FIELDS - {"revision"})]
        promise(
            "verdict", all(isinstance(text, str) for text in texts), "a field is no text", event
        )
        raw = len(str(event.get("rawEvent")))
        promise("verdict", raw <= limits.error_raw_bytes, "a raw event is too long", raw)
        longest = max(len(str(event.get(n))) for n in ("message", "schema", "path", "hint"))
        promise("verdict", longest <= limits.error_message_chars, "a message is too long", longest)


def _is_sound(record: Record) -> bool:
    """Return whether all that follows can work with a record's position and time."""
    in_range = record.timestamp == -1 or 10**12 <= record.timestamp < 253_402_300_800_000
    return in_range and (not record.source or 0 <= record.source.position < 2**63)
