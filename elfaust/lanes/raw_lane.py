"""A lane of raw lines, settled line by line: what waits for its schema holds up no other.

Lines of known schemas become events at once. A line whose schema is not known yet waits
(waiting_lines.py), with the later lines of that schema, until there is an answer or
`processor.unresolved_seconds` have passed; then it is given up, code `unresolved`. A line whose
topic takes no records waits in the same way. A batch is acknowledged when all of its lines are
settled and all batches before it are acknowledged.

A line has one verdict, whichever worker judges it again. A line refused for an unknown schema could
be an event to a successor, so that is noted beside the committed offset first (notes.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from elfaust.events.parsing import Parsed
from elfaust.events.verdict import Judge, Verdict
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.event_topics import EventTopics
from elfaust.lanes.progress import Progress
from elfaust.lanes.waiting_lines import OpenBatch, WaitingLine, WaitingLines, WaitLimits
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Kind, Registry

#: Seconds of judging before the loop gets a turn: one line may take a judge 20,000 steps.
TURN_SECONDS = 0.005


class RawLane:
    """One lane of a raw topic in one generation of the group; not for two tasks at once."""

    def __init__(
        self,
        origin: str,
        judge: Judge,
        registry: Registry,
        callbacks: LaneCallbacks,
        limits: WaitLimits,
        *,
        name: str = "",
        topic_id: str = "",
        note: str = "",
        judged_to: int = 0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Go on from a note; lines before offset `judged_to` may have been judged by others."""
        self._origin = origin
        #: What people call it: without an id.
        self._name = name or origin
        self._judge = judge
        self._registry = registry
        self._callbacks = callbacks
        self._limits = limits
        self._judged_to = judged_to
        self._clock = clock
        self._progress = Progress(callbacks, note, topic_id)
        self._waiting = WaitingLines()
        self._topics = EventTopics(callbacks.publish, judge, origin, clock)

    @property
    def waits(self) -> int:
        """How many lines wait for their schemas."""
        return self._waiting.waiting_count

    @property
    def held(self) -> list[str]:
        """What waits in the lane, and for what: one sentence, or none."""
        return self._waiting.said(
            self._name, lambda key: self._topics.why(key) or self._registry.reason(key)
        )

    async def take(self, records: Sequence[Record]) -> None:
        """Settle a batch of at least one record as far as its schemas are known."""
        batch = self._progress.open_batch(records)
        events: list[Settled] = []
        refused: list[Settled] = []
        faulty: list[Verdict] = []
        wanted: list[SchemaKey] = []
        turn_ends = 0.0
        for record in records:
            if monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = monotonic() + TURN_SECONDS
            if record.source and self._progress.is_repeat(record.source):
                batch.repeat()
                continue
            verdict = self._first_verdict(record)
            if isinstance(verdict, SchemaKey):
                wanted.append(verdict)
                self._waiting.take(WaitingLine(record, batch, verdict, self._clock()))
                continue
            if verdict.fault is None:
                events.append((record, verdict))
                continue
            faulty.append(verdict)
            if self._waiting.first is None:
                refused.append((record, verdict))
            else:
                self._waiting.take(WaitingLine(record, batch, verdict=verdict))
        self._progress.end_batch(batch)
        if not events:
            self._judge.check(faulty)
        self._registry.ask(wanted)
        await self._publish(batch, events, refused)
        await self._give_up()
        await self._publish_errors()

    async def _publish(
        self, batch: OpenBatch, events: list[Settled], refused: list[Settled]
    ) -> None:
        """Publish events of a batch, and EventErrors before which no line waits."""
        if kept := await self._topics.publish(events):
            out = {record.offset for record, _, _ in kept}
            events = [settled for settled in events if settled[0].offset not in out]
            now = self._clock()
            self._waiting.insert(
                WaitingLine(record, batch, None if verdict else event.key, now, verdict)
                for record, event, verdict in kept
            )
            # What is in no topic may have its place before them.
            self._waiting.insert(WaitingLine(one, batch, verdict=of) for one, of in refused)
            refused = []
        batch.settle([verdict for _, verdict in events])
        if refused:
            await self._publish_settled(batch, refused)

    async def settle(self, answered: Iterable[SchemaKey] = ()) -> None:
        """Settle the waiting lines that can be; there are answers for the schemas `answered`."""
        first = self._waiting.first
        self._topics.forget(self._topics.refusing - set(self._waiting.keys))
        # The first line, too: its schema may have come without anybody being asked.
        keys = {*answered, *self._topics.refusing, *([first.key] if first and first.key else [])}
        events = {
            line.record.offset: line
            for key in keys.intersection(self._waiting.keys) - self._topics.resting
            for line in await self._decide_lines(key)
        }
        settled = [(line.record, line.verdict) for line in events.values() if line.verdict]
        if settled:
            # Who has the lane by now, if not this worker, may have given them up.
            await self._progress.write_note()
        refused = list[WaitingLine]()
        for record, _, verdict in await self._topics.publish(settled):
            line = events.pop(record.offset)
            if verdict:
                self._waiting.judge(line, verdict)
            else:
                refused.append(line)
        self._waiting.wait_again(refused)
        for line in events.values():
            assert line.verdict is not None
            line.batch.settle([line.verdict])
        await self._give_up()
        await self._publish_errors()

    def _first_verdict(self, record: Record) -> Verdict | SchemaKey:
        """Return the verdict on a line, or the schema that it waits for."""
        given_up = self._progress.was_given_up(record.offset)
        found = self._judge.read(record, self._origin)
        if isinstance(found, Verdict):
            if given_up is None and found.key not in self._waiting.keys:
                return found
            found = self._judge.parse(record)
        if given_up is not None:
            return self._judge.without_schema(record, found, self._origin, given_up)
        if self._waiting.size and isinstance(found, Parsed) and found.key in self._waiting.keys:
            return found.key
        verdict = self._judge.verdict(record, found, self._origin)
        if verdict is None:
            assert isinstance(found, Parsed)
            return found.key
        if verdict.unknown and record.offset < self._judged_to and self._is_asking(verdict.key):
            # A predecessor that knew the schema did not mark it so: it would be counted twice.
            return verdict.key
        return verdict

    def _is_asking(self, key: SchemaKey) -> bool:
        return self._registry.state(key).kind is Kind.ASKING

    async def _decide_lines(self, key: SchemaKey) -> list[WaitingLine]:
        """Give the lines of a schema that is known their verdicts; return those that are events."""
        if self._registry.state(key).kind not in (Kind.FOUND, Kind.UNFIT):
            return []
        events: list[WaitingLine] = []
        turn_ends = 0.0
        for line in self._waiting.waiting(key):
            if monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = monotonic() + TURN_SECONDS
            found = self._judge.parse(line.record)
            verdict = self._judge.verdict(line.record, found, self._origin)
            if verdict is None:
                # The registry has forgotten the answer; the lines behind keep their order.
                break
            self._waiting.settle(line, verdict)
            if line.is_event:
                events.append(line)
        return events

    async def _give_up(self) -> None:
        """Give up lines in their order: nobody has their schema, or they wait for too long.

        Only what nothing waits before is given up, and published next: until then a later line of
        the schema could overtake it.
        """
        ahead = 0
        for line in self._waiting:
            if line.waits:
                if not await self._may_give_up(line, ahead):
                    return
                self._waiting.settle(line, self._without_event(line))
            ahead += line.size

    def _without_event(self, line: WaitingLine) -> Verdict:
        assert line.key is not None
        if why := self._topics.why(line.key):
            return self._judge.not_taken(line.record, line.key, self._origin, why)
        found = self._judge.parse(line.record)
        return self._judge.without_schema(line.record, found, self._origin)

    async def _may_give_up(self, line: WaitingLine, ahead: int) -> bool:
        """Tell whether the first line that waits, `ahead` bytes before it, is given up."""
        assert line.key is not None
        kind, refused = self._registry.state(line.key).kind, line.key in self._topics.refusing
        if kind in (Kind.FOUND, Kind.UNFIT) and not refused:
            return False
        if kind is Kind.MISSING or self._waiting.size - ahead > self._limits.size:
            return True
        if self._clock() - line.since < self._limits.seconds:
            # What was answered may be forgotten by the time its line comes first.
            self._registry.ask([line.key])
            return False
        # A predecessor that knew the schema may have made an event of it. For what it may have put
        # into a topic that takes nothing any more, nobody waits longer.
        judged = not refused and line.record.offset < self._judged_to
        if judged and await self._callbacks.is_published(line.key):
            line.since = self._clock()
            return False
        return True

    async def _publish_errors(self) -> None:
        """Publish the EventErrors before which no line waits, batch by batch."""
        self._progress.acknowledge()
        while ready := self._waiting.ready():
            errors = [(n.record, n.verdict) for n in ready if n.verdict and not n.is_event]
            await self._publish_settled(ready[0].batch, errors)
            self._waiting.leave(ready)

    async def _publish_settled(self, batch: OpenBatch, errors: Sequence[Settled]) -> None:
        self._progress.acknowledge()
        await self._progress.decide(errors)
        await self._callbacks.publish(errors)
        batch.settle([verdict for _, verdict in errors])
        self._progress.acknowledge()
