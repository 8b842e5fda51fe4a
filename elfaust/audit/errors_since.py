"""Which schemas make errors: the EventErrors since a time, by schema revision, code and path."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.counts.tally import CODES, UNKNOWN_CODE, UNKNOWN_KEY, is_named
from elfaust.delivery.batch import END_OF_TIME
from elfaust.delivery.broker_errors import translating_errors
from elfaust.delivery.patience import ANSWER_SECONDS, Patience
from elfaust.delivery.topics import TopicAdmin
from elfaust.settings import Settings

#: Kinds of errors that are told apart; of others only the number is kept: clients make up names.
MAX_KINDS = 10_000
#: Last errors that are known again: both sinks may refuse one event.
MAX_AGAIN = 100_000
#: Longest path or uuid that is told from others, and longest message that is kept, characters.
MAX_PATH, MAX_MESSAGE = 300, 2_000
#: An item of a list, in a path.
ITEM = re.compile(r"\[[0-9]+\]")


class Kind(NamedTuple):
    """What errors have in common; `path` names every item of a list by `[]`."""

    schema: str
    revision: int
    code: str
    path: str


#: Of kinds past MAX_KINDS.
OTHER = Kind("other", -1, "other", "")


@dataclass
class Errors:
    """The errors of a kind: how many, when the first and the last came (ms), and what it says."""

    kind: Kind
    number: int = 0
    first: int = 0
    last: int = 0
    message: str = ""
    hint: str = ""
    cause: str = ""


class Gathered:
    """EventErrors by their kind, each of them once."""

    def __init__(self) -> None:
        self._kinds: dict[Kind, Errors] = {}
        self._known: dict[object, None] = {}

    def add(self, value: bytes | None, timestamp: int) -> None:
        """Add the value of a record of the topic, whatever it is, and its time in Kafka, ms."""
        event, uuid = _event(value)
        if uuid is not None:
            if uuid in self._known:
                return
            self._known[uuid] = None
            if len(self._known) > MAX_AGAIN:
                del self._known[next(iter(self._known))]
        # Brokers may take any time.
        timestamp = min(timestamp, END_OF_TIME - 1)
        kind = _kind(event)
        if kind not in self._kinds and len(self._kinds) >= MAX_KINDS:
            kind = OTHER
        found = self._kinds.setdefault(kind, Errors(kind, first=timestamp))
        found.number += 1
        found.first = min(found.first, timestamp)
        if timestamp >= found.last:
            found.last = timestamp
            found.message, found.hint = _text(event, "message"), _text(event, "hint")
            # Errors of older versions have none.
            found.cause = _text(event, "cause") or found.message

    @property
    def errors(self) -> list[Errors]:
        """The errors by kind, most first."""
        return sorted(self._kinds.values(), key=lambda of: (-of.number, of.kind))


def _event(value: bytes | None) -> tuple[dict[str, Any], str | None]:
    """Return the event of a capsule and its uuid; nothing of what is no capsule."""
    try:
        capsule = orjson.loads(value or b"")
    except ValueError:
        return {}, None
    if not isinstance(capsule, dict) or not isinstance(capsule.get("event"), dict):
        return {}, None
    uuid = capsule.get("uuid")
    return capsule["event"], uuid[:MAX_PATH] if isinstance(uuid, str) else None


def _kind(event: dict[str, Any]) -> Kind:
    schema = _text(event, "schema")
    revision: Any = event.get("revision")
    # As they are counted (elfaust/counts/tally.py): anybody can make up names.
    if event.get("unknown") is True or not is_named(schema, revision):
        schema, revision = UNKNOWN_KEY
    code = _text(event, "code")
    path = ITEM.sub("[]", _text(event, "path")[:MAX_PATH])
    return Kind(schema, revision, code if code in CODES else UNKNOWN_CODE, path)


def _text(event: dict[str, Any], name: str) -> str:
    text = event.get(name)
    return text[:MAX_MESSAGE] if isinstance(text, str) else ""


async def errors_since(settings: Settings, since: float) -> list[Errors]:
    """Return the errors whose lines came after a time, Unix seconds, up to now.

    Raises ServerAway where Kafka is, or where it does not go on with its answers.
    """
    gathered = Gathered()
    with translating_errors(settings.kafka):
        async for records in _records(settings, int(since * 1000)):
            for record in records:
                if record.timestamp >= since * 1000:
                    gathered.add(record.value, record.timestamp)
    return gathered.errors


async def _records(settings: Settings, since: int) -> AsyncIterator[Iterable[Any]]:
    """Yield the records of the topic of errors from a time on, ms, up to where it ends now."""
    topic, patience = settings.topics.error, Patience(settings.kafka, at_most=ANSWER_SECONDS)
    async with patience.one_step(), TopicAdmin(settings) as admin:
        # To ask for a topic that is not there may create it.
        known = await admin.lanes()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, auto_offset_reset="earliest"
    )
    try:
        async with patience.one_step():
            await consumer.start()
            lanes = [TopicPartition(topic, lane) for lane in range(known.get(topic, 0))]
            if not lanes:
                return
            starts = await consumer.offsets_for_times(dict.fromkeys(lanes, since))
            ends = await consumer.end_offsets(lanes)
        left = {tp for tp, start in starts.items() if start and start.offset < ends[tp]}
        consumer.assign(left)
        for tp in left:
            consumer.seek(tp, starts[tp].offset)
        while left:
            async with patience.one_step():
                fetched = await consumer.getmany(timeout_ms=200)
                at = {tp: await consumer.position(tp) for tp in left}
            for tp, records in fetched.items():
                yield [record for record in records if record.offset < ends[tp]]
            patience.look(at)
            left = {tp for tp in left if at[tp] < ends[tp]}
    finally:
        await consumer.stop()
