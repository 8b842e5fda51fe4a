"""aiokafka's consumer over the Kafka in memory, as far as elfaust uses it.

Its subscription is aiokafka's own. How it goes through a rebalance is what aiokafka's coordinator
does: it calls the listener, logs what that raises, joins, assigns, calls the listener again; with
a new subscription there is no assignment until the group has given one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.consumer.subscription_state import Assignment, Subscription, SubscriptionState
from aiokafka.errors import CommitFailedError, IllegalStateError, RequestTimedOutError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from aiokafka.util import commit_structure_validate
from faust.types import TP

from elfaust.delivery.batch import records_of
from elfaust.records import Record
from tests.unit.interleavings.broker import Broker
from tests.unit.interleavings.faults import Faults
from tests.unit.interleavings.group import Evicted, Group

log = logging.getLogger(__name__)

#: Longest wait until a heartbeat tells of a rebalance, and between two looks for new records.
HEARTBEAT_SECONDS, LOOK_SECONDS, BACKOFF_SECONDS = 0.5, 0.2, 0.1


class Client:
    """A member of the group in one process."""

    _closed = False
    _wait_consume_future = None

    def __init__(self, name: str, broker: Broker, group: Group, faults: Faults) -> None:
        self._name, self._broker, self._group, self._faults = name, broker, group, faults
        self._fetcher = self._coordinator = self
        self._subscription = self._subscriptions = SubscriptionState()
        self._max_poll_records = broker.random.choice((1, 3, 10))
        self.generation = -1
        #: Where each lane that was given goes on.
        self.given: dict[TP, int] = {}
        self._routine: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._routine = asyncio.create_task(self._coordinate(), name="coordination")

    async def stop(self) -> None:
        self._closed = True
        await self._broker.ask(lambda: self._group.leave(self._name))

    def check_errors(self) -> None:
        if self._routine is not None and self._routine.done():
            self._routine.result()

    async def _coordinate(self) -> None:
        state, assignment, prepared = self._subscriptions, None, False
        while not self._closed:
            subscription = state.subscription
            if subscription is None:
                await state.wait_for_subscription()
                continue
            if not prepared:
                state.begin_reassignment()
                await self._tell("revoked", assignment.tps if assignment else ())
                prepared = True
            if not await self._join(subscription):
                continue
            prepared, assignment = False, subscription.assignment
            self._finding = asyncio.create_task(self._find_positions(assignment))
            await self._tell("assigned", set(state.assigned_partitions()))
            await self._until_rejoin(subscription)

    async def _tell(self, what: str, lanes: Iterable[TopicPartition]) -> None:
        listener = self._subscriptions.listener
        try:
            await getattr(listener, f"on_partitions_{what}")(set(lanes))
        except Exception:
            log.exception("The listener of partitions %s failed", what)

    async def _join(self, subscription: Subscription) -> bool:
        topics = frozenset(subscription.topics)
        try:
            self.generation, lanes = await self._broker.ask(
                lambda: self._group.join(self._name, topics)
            )
        except Evicted:
            self.generation = -1
            return False
        await self._broker.way()
        if not subscription.active:
            return False
        self._subscriptions.assign_from_subscribed(set(lanes))
        self.given = {TP(*tp): self._committed(TP(*tp)) for tp in lanes}
        return True

    def _committed(self, tp: TP) -> int:
        at = self._group.committed.get(tp)
        return at.offset if at else 0

    async def _until_rejoin(self, subscription: Subscription) -> None:
        member = self._group.members.get(self._name)
        if member is None:
            self.generation = -1
            return
        told = asyncio.create_task(member.rejoins.wait())
        await asyncio.wait(
            [told, subscription.unsubscribe_future], return_when=asyncio.FIRST_COMPLETED
        )
        if told.done():
            await asyncio.sleep(self._broker.random.random() * HEARTBEAT_SECONDS)
        else:
            told.cancel()
        if self._group.members.get(self._name) is not member:
            self.generation = -1

    async def _find_positions(self, assignment: Assignment) -> None:
        lanes = assignment.tps
        at = await self._broker.ask(lambda: {tp: self._committed(TP(*tp)) for tp in lanes})
        for tp, offset in at.items():
            state = assignment.state_value(tp)
            if not state.has_valid_position and not state.awaiting_reset:
                state.seek(offset)

    def assignment(self) -> set[TopicPartition]:
        assigned: set[TopicPartition] = self._subscription.assigned_partitions()
        return assigned

    def subscribe(self, topics: Iterable[str], listener: Any) -> None:
        self._subscriptions.subscribe(topics=set(topics), listener=listener)

    async def commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        offsets = commit_structure_validate(offsets)
        self._check_ours(offsets)
        while True:
            try:
                await asyncio.shield(self._commit_once(offsets))
                return
            except RequestTimedOutError:
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _commit_once(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        generation = self.generation
        before, after = self._faults.of_commit()

        async def commit() -> None:
            await before()
            self._group.commit(self._name, generation, offsets)
            await after()

        try:
            await self._broker.ask(commit)
        except CommitFailedError:
            if self._group.members.get(self._name) is None:
                self.generation = -1
            raise

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._check_ours([tp])
        self._subscriptions.seek(tp, offset)

    async def seek_to_beginning(self, *lanes: TopicPartition) -> bool:
        self._check_ours(lanes)
        assignment = self._subscription.subscription.assignment
        states = {tp: assignment.state_value(tp) for tp in lanes}
        for state in states.values():
            state.await_reset(-2)
        asked = asyncio.ensure_future(self._reset(states))
        await asyncio.wait(
            [asked, assignment.unassign_future], timeout=30.0, return_when=asyncio.FIRST_COMPLETED
        )
        return asked.done()

    async def _reset(self, states: Mapping[TopicPartition, Any]) -> None:
        await self._broker.ask(lambda: None)
        for state in states.values():
            if state.awaiting_reset:
                state.reset_to(0)

    def _check_ours(self, lanes: Iterable[TopicPartition]) -> None:
        if other := set(lanes) - self.assignment():
            raise IllegalStateError(f"Partitions {other} are not assigned")

    def pause(self, *lanes: TopicPartition) -> None:
        self._check_ours(lanes)
        for tp in lanes:
            self._subscriptions.pause(tp)

    def resume(self, *lanes: TopicPartition) -> None:
        self._check_ours(lanes)
        for tp in lanes:
            self._subscriptions.resume(tp)

    async def fetch_committed_offsets(
        self, lanes: Iterable[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        none = OffsetAndMetadata(-1, "")
        found: dict[TopicPartition, OffsetAndMetadata] = await self._broker.ask(
            lambda: {tp: self._group.committed.get(TP(*tp), none) for tp in lanes}
        )
        return found

    async def beginning_offsets(self, lanes: Iterable[TP]) -> dict[TP, int]:
        await self._broker.ask(lambda: None)
        return dict.fromkeys(lanes, 0)

    async def end_offsets(self, lanes: Iterable[TP]) -> dict[TP, int]:
        ends: dict[TP, int] = await self._broker.ask(
            lambda: {tp: self._broker.log(TP(*tp)).end for tp in lanes}
        )
        return ends

    def highwater(self, tp: TP) -> int:
        return self._broker.log(TP(*tp)).end

    async def fetched_records(
        self, lanes: frozenset[TP], timeout: float = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Record]]:
        subscription = self._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        fetched: dict[TopicPartition, list[Record]] = {}
        if assignment is None:
            return fetched
        left = self._broker.random.randint(1, self._max_poll_records)
        for tp in sorted(assignment.tps):
            state = assignment.state_value(tp)
            if tp not in lanes or state.paused or not state.has_valid_position or not left:
                continue
            records = self._broker.log(TP(*tp)).after(state.position, left)
            if records:
                state.consumed_to(records[-1].offset + 1)
                fetched[tp] = records_of(records)
                left -= len(records)
        return fetched

    def _create_fetch_waiter(self) -> asyncio.Future[None]:
        loop = self._broker.loop
        waiter: asyncio.Future[None] = loop.create_future()
        seconds = self._broker.random.random() * LOOK_SECONDS

        def look() -> None:
            if not waiter.done():
                waiter.set_result(None)

        loop.call_later(seconds, look)
        return waiter

    def _notify(self, future: object) -> None: ...
