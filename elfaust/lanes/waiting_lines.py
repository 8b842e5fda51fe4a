"""The lines of a lane that cannot go on yet, in their order: each waits for a schema, or its place.

An EventError is published after all that came before it in its lane, so that positions only rise;
a line whose schema is not known yet has its place among them, and may still become an event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from elfaust.events.verdict import Verdict
from elfaust.lanes.outcomes import Outcomes
from elfaust.records import Record, SchemaKey


@dataclass(frozen=True)
class WaitLimits:
    """How long a line waits for its schema, seconds, and how many bytes of lines wait at most."""

    seconds: float
    size: int


@dataclass(eq=False, slots=True)
class OpenBatch:
    """A batch that is not acknowledged: its `end`, and how many of its lines are `left`.

    `seen` is how far each forwarder's lines have come at its end; `outcomes` is of those that are
    not left.
    """

    end: int
    left: int
    seen: dict[str, int]
    outcomes: Outcomes

    def repeat(self) -> None:
        """Settle a line that a forwarder had sent before."""
        self.left -= 1
        self.outcomes.repeats += 1

    def settle(self, verdicts: Collection[Verdict]) -> None:
        """Settle lines that are in Kafka as what their verdicts say."""
        self.left -= len(verdicts)
        self.outcomes.settle(verdicts)


@dataclass(eq=False, slots=True)
class WaitingLine:
    """A line in its place; `key` is the schema that it waits for, from time `since` on."""

    record: Record
    batch: OpenBatch
    key: SchemaKey | None = None
    since: float = 0.0
    verdict: Verdict | None = None

    @property
    def size(self) -> int:
        """The bytes that it keeps here."""
        return len(self.record.value if self.verdict is None else self.verdict.value)

    @property
    def waits(self) -> bool:
        """Whether it has no verdict yet."""
        return self.verdict is None

    @property
    def is_event(self) -> bool:
        """Whether it has become an event, which has no place among the EventErrors."""
        return self.verdict is not None and self.verdict.fault is None


class WaitingLines:
    """Lines by their places, and those that wait by their schemas; `size` is in bytes."""

    def __init__(self) -> None:
        self._lines: deque[WaitingLine] = deque()
        self._waiting: dict[SchemaKey, deque[WaitingLine]] = {}
        self.size = 0

    def __iter__(self) -> Iterator[WaitingLine]:
        return iter(self._lines)

    @property
    def keys(self) -> Collection[SchemaKey]:
        """The schemas that lines wait for."""
        return self._waiting.keys()

    @property
    def waiting_count(self) -> int:
        """How many lines wait for schemas."""
        return sum(map(len, self._waiting.values()))

    @property
    def first(self) -> WaitingLine | None:
        """The line in the first place."""
        return self._lines[0] if self._lines else None

    def said(self, lane: str, why: Callable[[SchemaKey], str]) -> list[str]:
        """Return what waits in a lane, and for what: one sentence, or none.

        `why` says it of a schema.
        """
        first = self.first
        if first is None or first.key is None or not first.waits:
            return []
        others = len(self._waiting) - 1
        schema = f"schema {first.key.schema}, revision {first.key.revision}"
        also = f" and {others} more" if others else ""
        return [f"{lane}: {self.waiting_count} lines wait for {schema}{also}: {why(first.key)}"]

    def waiting(self, key: SchemaKey) -> list[WaitingLine]:
        """Return the lines that wait for a schema, in their order."""
        return list(self._waiting[key])

    def take(self, line: WaitingLine) -> None:
        """Give a line its place, after all that have one."""
        self._lines.append(line)
        self._add(line)

    def _add(self, line: WaitingLine) -> None:
        self.size += line.size
        if line.key is not None and line.waits:
            self._waiting.setdefault(line.key, deque()).append(line)

    def insert(self, lines: Iterable[WaitingLine]) -> None:
        """Give lines that were to be events, and are none now, their places among the others."""
        late = deque[WaitingLine]()
        for line in lines:
            late.append(line)
            self._add(line)
        if late:
            self._lines = deque(sorted([*self._lines, *late], key=lambda line: line.record.offset))

    def wait_again(self, lines: Sequence[WaitingLine]) -> None:
        """Have lines, in their order, wait for their schemas as if there had been no answer."""
        for line in reversed(lines):
            assert line.key is not None
            self.size -= line.size
            line.verdict = None
            self.size += line.size
            self._waiting.setdefault(line.key, deque()).appendleft(line)

    def settle(self, line: WaitingLine, verdict: Verdict) -> None:
        """Give a verdict to a line that waits, the first that does so for its schema."""
        assert line.key is not None
        lines = self._waiting[line.key]
        first = lines.popleft()
        assert first is line, "a schema's lines are settled in their order"
        if not lines:
            del self._waiting[line.key]
        self.judge(line, verdict)

    def judge(self, line: WaitingLine, verdict: Verdict) -> None:
        """Give a line in its place a verdict, or another one."""
        self.size -= line.size
        line.verdict = verdict
        self.size += line.size

    def ready(self) -> list[WaitingLine]:
        """Return the first lines, those of one batch, before which none waits."""
        first = self.first
        if first is None:
            return []
        in_batch = takewhile(lambda line: line.batch is first.batch, self._lines)
        return list(takewhile(lambda line: not line.waits, in_batch))

    def leave(self, lines: Collection[WaitingLine]) -> None:
        """Have the first lines leave their places."""
        for line in lines:
            assert self._lines.popleft() is line
            self.size -= line.size
