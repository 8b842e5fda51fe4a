"""A subscription that follows the topics of schema revisions as they appear and go."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.delivery import privates
from elfaust.delivery.discovery import Discovery
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from tests.stand_in import stand_in

NAMES = TopicNames(Settings())
EDIT, WORD = NAMES.event(SchemaKey("Edit", 1)), NAMES.event(SchemaKey("Word", 2))
LANES = Settings().topics.lanes


class Subscription:
    """An app that reads all schema revisions and the error topic; `has` are Kafka's topics."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has = {NAMES.error: LANES, "another": 1}
        self.names: set[str] = {NAMES.error}
        self.known = set(self.has)
        self.asked = 0
        declared, self.clone = (SimpleNamespace(schema=self, topics=[]) for _ in range(2))
        self.app = stand_in(
            topics=[self.clone],
            assignor=SimpleNamespace(left_out=frozenset()),
            consumer=SimpleNamespace(thread=self),
            rebalancing=False,
            draining=False,
        )
        monkeypatch.setattr(privates, "subscribe_within", lambda *_: None)
        monkeypatch.setattr(privates, "subscribed", lambda _: self.names)
        monkeypatch.setattr(privates, "subscribe_again", self.again)
        self.discovery = Discovery(self.app, Settings(), stand_in(lanes=self.lanes))
        self.discovery.add(declared, (NAMES.error,))

    async def lanes(self, names: Iterable[str] | None) -> dict[str, int]:
        """Return what a broker has of topics; of those that it is asked for by name, all."""
        return dict(self.has) if names is None else {n: self.has.get(n, 0) for n in names}

    async def refresh_metadata(self) -> None:
        """Have the consumer know what topics there are."""
        self.known = set(self.has)

    def again(self, _: Any) -> None:
        """Subscribe: lanes are assigned by what the consumer knows of topics."""
        self.asked += 1
        self.app.assignor.left_out = frozenset(self.names - self.known)

    async def look(self) -> int:
        """Look, and return how often the app has subscribed again; it does so at once."""
        before = self.asked
        await self.discovery.look()
        if self.asked > before:
            self.names = set(self.clone.topics)
        return self.asked - before


@pytest.fixture
def subscription(monkeypatch: pytest.MonkeyPatch) -> Subscription:
    return Subscription(monkeypatch)


async def test_topics_that_appear_are_subscribed_to_once(subscription: Subscription) -> None:
    assert await subscription.look() == 0
    subscription.has |= {WORD: LANES, EDIT: LANES}
    assert await subscription.look() == 1
    assert subscription.clone.topics == [NAMES.error, EDIT, WORD]
    assert await subscription.look() == 0


async def test_a_topic_that_was_deleted_is_left_and_told(
    subscription: Subscription, caplog: pytest.LogCaptureFixture
) -> None:
    subscription.has[EDIT] = LANES
    await subscription.look()
    del subscription.has[EDIT]
    assert await subscription.look() == 1
    assert subscription.clone.topics == [NAMES.error]
    assert f"{EDIT} was deleted" in caplog.text


async def test_lanes_that_nobody_got_are_assigned_again(subscription: Subscription) -> None:
    """The consumer has asked for topics before this one was there, and would not ask by itself."""
    subscription.known.clear()
    subscription.app.assignor.left_out = frozenset({NAMES.error})
    assert await subscription.look() == 1
    assert subscription.app.assignor.left_out == frozenset()


@pytest.mark.parametrize("state", ["rebalancing", "draining"])
async def test_a_worker_whose_lanes_move_or_that_stops_subscribes_later(
    subscription: Subscription, state: str
) -> None:
    subscription.has[EDIT] = LANES
    setattr(subscription.app, state, True)
    assert await subscription.look() == 0
    setattr(subscription.app, state, False)
    assert await subscription.look() == 1


async def test_partitions_past_those_that_are_read_are_told(subscription: Subscription) -> None:
    subscription.has |= {NAMES.error: LANES + 1, "another": LANES + 9}
    await subscription.look()
    [told] = subscription.discovery.unread
    assert told.startswith(f"topic {NAMES.error} has {LANES + 1} partitions")


async def test_who_follows_no_schemas_asks_for_its_own_topics_alone(
    subscription: Subscription,
) -> None:
    """There may be thousands of others, and it looks every few seconds."""
    asked: list[Iterable[str] | None] = []

    async def lanes(names: Iterable[str] | None) -> dict[str, int]:
        asked.append(names)
        return await subscription.lanes(names)

    alone = Discovery(subscription.app, Settings(), stand_in(lanes=lanes))
    subscription.app.assignor.left_out = frozenset({"gone"})
    await alone.look()
    assert asked == [{NAMES.error, "gone"}]
    # Where it is no more, nothing is subscribed to for its sake.
    assert subscription.asked == 0
    subscription.has[NAMES.error] = LANES + 1
    await alone.look()
    assert len(alone.unread) == 1
