"""A lane of raw lines, settled line by line: what waits for its schema holds up no other.

Lines of schemas that are known become events at once. A line whose schema nobody has told yet waits
here, with the later lines of that schema, until it is told or `processor.unresolved_seconds` have
passed; then it is given up, code `unresolved`. EventErrors are published in the order of the lane,
so those behind a line that waits do so too: readers rely on positions that only rise. A batch is
acknowledged when all of its lines are settled and all batches before it are.

A line has one verdict, whoever judges it again. What was refused because no schema was known could
be an event to a successor, so that is noted beside the committed offset first (notes.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from time import monotonic

from elfaust.batch import FORWARDED
from elfaust.errors import EventFault
from elfaust.notes import Note, decode
from elfaust.processing import LINES_A_TURN, Judge, Parsed, Verdict
from elfaust.registry import Kind, Registry
from elfaust.types import Record, SchemaKey

#: A record of the raw topic and what becomes of it.
Settled = tuple[Record, Verdict]


@dataclass(frozen=True)
class Ways:
    """What a lane needs of its worker.

    `publish` returns when all is durable; `note` commits a text beside the offset that is
    acknowledged so far, and raises where Kafka does not take it; `is_published` tells whether
    somebody has ever published events of a schema revision.
    """

    publish: Callable[[Sequence[Settled]], Awaitable[None]]
    note: Callable[[str], Awaitable[None]]
    is_published: Callable[[SchemaKey], Awaitable[bool]]


@dataclass(frozen=True)
class Limits:
    """How long a line waits for its schema, seconds, and how many bytes of lines wait at most."""

    seconds: float
    size: int


@dataclass
class _Batch:
    """A batch in hand; `acknowledge` takes the note to commit with its end, `left` has no verdict.

    `seen` is how far each forwarder's lines have come at its end.
    """

    end: int
    left: int
    seen: dict[str, int]
    acknowledge: Callable[[str], object]


@dataclass
class _Line:
    """A line that waits for its schema or for its place among the EventErrors.

    `key` is the schema waited for; `since` is from when on, as the lane's clock has it.
    """

    record: Record
    batch: _Batch
    key: SchemaKey | None = None
    since: float = 0.0
    verdict: Verdict | None = None

    @property
    def size(self) -> int:
        """The bytes that it keeps here."""
        return len(self.record.value if self.verdict is None else self.verdict.value)

    @property
    def is_event(self) -> bool:
        """Whether it has become an event, which has no place among the EventErrors."""
        return self.verdict is not None and self.verdict.fault is None


class Lane:
    """One lane of a raw topic in one generation of the group; not for two tasks at once."""

    def __init__(
        self,
        origin: str,
        judge: Judge,
        registry: Registry,
        ways: Ways,
        limits: Limits,
        *,
        note: str = "",
        judged_to: int = 0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Go on from a note; lines before offset `judged_to` may have been judged by others."""
        self._origin = origin
        self._judge = judge
        self._registry = registry
        self._ways = ways
        self._limits = limits
        self._judged_to = judged_to
        self._clock = clock
        #: How the lane stands at the end of what has come, and at the acknowledged offset.
        self._note = decode(note)
        self._seen = dict(self._note.seen)
        self._acknowledged = -1
        self._forwarders: dict[str, bool] = {}
        self._batches: deque[_Batch] = deque()
        self._waiting: dict[SchemaKey, deque[_Line]] = {}
        self._errors: deque[_Line] = deque()
        self._size = 0

    @property
    def waits(self) -> int:
        """How many lines wait for their schemas."""
        return sum(map(len, self._waiting.values()))

    async def take(
        self, end: int, records: Sequence[Record], acknowledge: Callable[[str], object]
    ) -> None:
        """Settle a batch as far as its schemas are known; `end` is the offset after it."""
        if self._acknowledged < 0:
            self._acknowledged = records[0].offset
        batch = _Batch(end, len(records), {}, acknowledge)
        self._batches.append(batch)
        events: list[Settled] = []
        verdicts: list[Verdict] = []
        for start in range(0, len(records), LINES_A_TURN):
            for record in records[start : start + LINES_A_TURN]:
                if record.source and self._is_repeat(record):
                    batch.left -= 1
                elif verdict := self._first_verdict(record, batch):
                    verdicts.append(verdict)
                    if verdict.fault is None:
                        events.append((record, verdict))
            await asyncio.sleep(0)
        batch.seen = dict(self._note.seen)
        self._judge.check(verdicts)
        self._registry.ask(self._waiting)
        if events:
            await self._ways.publish(events)
            batch.left -= len(events)
        await self._give_up()
        await self._publish_errors()

    async def settle(self) -> None:
        """Settle what waits and can be settled."""
        events = [
            line
            for key in list(self._waiting)
            if self._registry.state(key).kind in (Kind.FOUND, Kind.UNFIT)
            for line in self._told(key)
        ]
        if events:
            await self._ways.publish([(n.record, n.verdict) for n in events if n.verdict])
            for line in events:
                line.batch.left -= 1
        await self._give_up()
        await self._publish_errors()

    def _is_repeat(self, record: Record) -> bool:
        known = self._forwarders.get(record.source)
        if known is None:
            known = self._forwarders[record.source] = FORWARDED.fullmatch(record.source) is not None
        # A header of that name that somebody else has set says nothing.
        return known and not self._note.saw(record.source, record.position)

    def _first_verdict(self, record: Record, batch: _Batch) -> Verdict | None:
        """Return the verdict on a line; without one, or with an EventError, it takes its place."""
        found = self._judge.parse(record)
        verdict: Verdict | None = None
        if self._note.decided and record.offset in self._note.decided:
            given_up = self._note.decided[record.offset]
            verdict = self._judge.without_schema(record, found, self._origin, given_up)
        elif isinstance(found, EventFault) or found.key not in self._waiting:
            verdict = self._judge.verdict(record, found, self._origin)
        if verdict is None:
            assert isinstance(found, Parsed)
            line = _Line(record, batch, found.key, self._clock())
            self._waiting.setdefault(found.key, deque()).append(line)
            self._place(line)
        elif verdict.fault is not None:
            self._place(_Line(record, batch, verdict=verdict))
        return verdict

    def _place(self, line: _Line) -> None:
        self._errors.append(line)
        self._size += line.size

    def _settled(self, line: _Line, verdict: Verdict) -> None:
        self._size -= line.size
        line.verdict = verdict
        if not line.is_event:
            self._size += line.size

    def _told(self, key: SchemaKey) -> list[_Line]:
        """Give the lines of a schema that is told their verdicts; return those that are events."""
        events: list[_Line] = []
        for line in list(lines := self._waiting[key]):
            found = self._judge.parse(line.record)
            verdict = self._judge.verdict(line.record, found, self._origin)
            if verdict is None:
                # The registry has forgotten the answer; the lines behind keep their order.
                return events
            self._settled(line, verdict)
            lines.popleft()
            if line.is_event:
                events.append(line)
        del self._waiting[key]
        return events

    async def _give_up(self) -> None:
        """Give up lines in their order: nobody has their schema, or they wait for too long.

        Only what nothing waits before is given up, and published next: until then a later line of
        the schema could overtake it.
        """
        ahead = 0
        for line in self._errors:
            if line.key is not None and line.verdict is None:
                if not await self._may_give_up(line, line.key, ahead):
                    return
                lines = self._waiting[line.key]
                lines.popleft()
                if not lines:
                    del self._waiting[line.key]
                found = self._judge.parse(line.record)
                self._settled(line, self._judge.without_schema(line.record, found, self._origin))
            ahead += 0 if line.is_event else line.size

    async def _may_give_up(self, line: _Line, key: SchemaKey, ahead: int) -> bool:
        """Tell whether the first line that waits, `ahead` bytes behind it, is given up."""
        kind = self._registry.state(key).kind
        if kind in (Kind.FOUND, Kind.UNFIT):
            return False
        if kind is Kind.MISSING or self._size - ahead > self._limits.size:
            return True
        if self._clock() - line.since < self._limits.seconds:
            return False
        # A predecessor that knew the schema may have made an event of it.
        if line.record.offset < self._judged_to and await self._ways.is_published(key):
            line.since = self._clock()
            return False
        return True

    async def _publish_errors(self) -> None:
        """Publish the EventErrors before which no line waits, batch by batch."""
        while True:
            self._acknowledge()
            while self._errors and self._errors[0].is_event:
                self._errors.popleft()
            if not self._errors or self._errors[0].verdict is None:
                return
            ready = self._ready(self._errors[0].batch)
            errors = [n for n in ready if not n.is_event]
            await self._decide(errors)
            await self._ways.publish([(n.record, n.verdict) for n in errors if n.verdict])
            for _ in ready:
                self._errors.popleft()
            self._size -= sum(n.size for n in errors)
            ready[0].batch.left -= len(errors)

    def _ready(self, batch: _Batch) -> list[_Line]:
        """Return the lines of a batch, the first ones, before which none waits."""
        in_order = takewhile(lambda line: line.batch is batch, self._errors)
        return list(takewhile(lambda line: line.verdict is not None, in_order))

    async def _decide(self, errors: Iterable[_Line]) -> None:
        """Note which EventErrors a successor might not make, before anybody sees them."""
        decided = {
            n.record.offset: n.verdict.code == "unresolved"
            for n in errors
            if n.verdict and n.verdict.unknown
        }
        if decided.items() <= self._note.decided.items():
            return
        self._note.decided |= decided
        await self._ways.note(Note(self._seen, self._note.decided).encode(self._acknowledged))

    def _acknowledge(self) -> None:
        while self._batches and not self._batches[0].left:
            batch = self._batches.popleft()
            self._seen, self._acknowledged = batch.seen, batch.end
            self._note.decided = {
                offset: up for offset, up in self._note.decided.items() if offset >= batch.end
            }
            batch.acknowledge(Note(batch.seen, self._note.decided).encode(batch.end))
