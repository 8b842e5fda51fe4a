"""The consumer group as a broker has it: members, generations, committed offsets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.types import TP

from tests.unit.interleavings.broker import Broker

#: Seconds that the group waits for members to join again.
REJOIN_SECONDS = 10.0


class Evicted(Exception):
    """The group does not know the member, or not in this generation."""


@dataclass
class Member:
    """A member as the group knows it."""

    name: str
    topics: frozenset[str] = frozenset()
    #: Set while it is to join again.
    rejoins: asyncio.Event = field(default_factory=asyncio.Event)
    #: Its answer, once it has asked to join.
    joining: asyncio.Future[tuple[int, frozenset[TopicPartition]]] | None = None
    lanes: frozenset[TopicPartition] = frozenset()


class Group:
    """Moves lanes among its members, and takes offsets of the present generation alone."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.generation = 0
        self.members: dict[str, Member] = {}
        self.committed: dict[TP, OffsetAndMetadata] = {}
        #: Called with what is committed before it is.
        self.on_commit: Callable[[Mapping[TP, OffsetAndMetadata]], None] = lambda offsets: None
        self._timer: asyncio.TimerHandle | None = None

    async def join(
        self, name: str, topics: frozenset[str]
    ) -> tuple[int, frozenset[TopicPartition]]:
        """Have a member join; return the generation that has begun then, and its lanes."""
        member = self.members.setdefault(name, Member(name))
        if member.topics != topics:
            member.topics = topics
        joining: asyncio.Future[tuple[int, frozenset[TopicPartition]]]
        member.joining = joining = self._broker.loop.create_future()
        self.move()
        self._maybe_begin()
        return await joining

    def move(self) -> None:
        """Have all members join again."""
        for member in self.members.values():
            member.rejoins.set()
        if self._timer is None:
            self._timer = self._broker.loop.call_later(REJOIN_SECONDS, self._give_up_waiting)

    def leave(self, name: str) -> None:
        """Take a member out: it has left, or was not heard of for too long."""
        member = self.members.pop(name, None)
        if member is None:
            return
        if member.joining is not None and not member.joining.done():
            member.joining.set_exception(Evicted(name))
        member.rejoins.set()
        if self.members:
            self.move()
            self._maybe_begin()

    def commit(
        self, name: str, generation: int, offsets: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> None:
        """Take offsets; raises CommitFailedError for those of another generation."""
        if name not in self.members or generation != self.generation:
            raise CommitFailedError("the group has already rebalanced")
        taken = {TP(*tp): at for tp, at in offsets.items()}
        self.on_commit(taken)
        self.committed |= taken

    def _give_up_waiting(self) -> None:
        self._timer = None
        waits = [name for name, member in self.members.items() if member.joining is None]
        for name in waits:
            self.leave(name)
        self._maybe_begin()

    def _maybe_begin(self) -> None:
        members = list(self.members.values())
        if not members or any(member.joining is None for member in members):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.generation += 1
        shared = frozenset.intersection(*(member.topics for member in members))
        lanes: dict[str, list[TopicPartition]] = {member.name: [] for member in members}
        topics = [topic for topic in sorted(shared) if topic in self._broker.topics]
        owners = self._owners([member.name for member in members])
        for lane, name in enumerate(owners):
            lanes[name] += [TopicPartition(topic, lane) for topic in topics]
        for member in members:
            member.lanes = frozenset(lanes[member.name])
            member.rejoins.clear()
            joining, member.joining = member.joining, None
            assert joining is not None
            if not joining.done():
                joining.set_result((self.generation, member.lanes))

    def _owners(self, names: list[str]) -> list[str]:
        """Return who gets each lane: everybody some, or one all of them, or as it comes."""
        random, count = self._broker.random, self._broker.lanes
        random.shuffle(names)
        if random.random() < 0.2:
            return [random.choice(names)] * count
        if random.random() < 0.3:
            return random.choices(names, k=count)
        return [names[lane % len(names)] for lane in range(count)]
