"""Of which topic lines are: by ids that a broker tells before and after they were fetched."""

from __future__ import annotations

import asyncio
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from elfaust.delivery.lane import Lane, Noted
from elfaust.errors import ServerAway
from elfaust.lanes import origins as module
from elfaust.lanes.origins import Origins

LANE = TP("raw", 0)
#: What a broker answers to whom it does not know the topic, and one that gives topics no ids.
UNKNOWN: dict[str, str] = {}
NO_IDS = {"raw": ""}


class Kafka:
    """A worker and its broker, which gives its answers one after the other, the last for ever."""

    def __init__(self, *answers: dict[str, str] | Exception) -> None:
        self.answers = list(answers)
        self.again: list[Lane] = []
        self.names = SimpleNamespace(raw=["raw"])
        self.admin = self.consumer = self
        self.draining = False

    async def ids(self, names: Any) -> dict[str, str]:
        assert names == ["raw"]
        answer = self.answers[0]
        del self.answers[: len(self.answers) > 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def begin_again(self, lane: Lane) -> None:
        self.again.append(lane)


@pytest.fixture(autouse=True)
def promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)


def lane(note: str = "") -> Lane:
    return Lane(LANE, Noted(5, note), generation=1, step=1)


def origins(kafka: Any) -> Origins:
    return Origins(kafka)


async def test_lines_are_of_the_topic_that_is_there_before_and_after_their_fetch() -> None:
    ours = origins(kafka := Kafka({"raw": "A"}))
    await ours.prepare(frozenset({0}))
    assert await ours.of(lane(), monotonic()) == "raw@A"
    assert await ours.of(lane('{"topic":"A"}'), monotonic()) == "raw@A"
    assert kafka.again == []


@pytest.mark.parametrize("note", ["", '{"topic":"A"}', "somebody else's"])
async def test_lines_that_were_fetched_while_the_topic_was_made_anew_are_nobodys(note: str) -> None:
    """The worker may have been frozen between its first fetch and the answer."""
    ours, mine = origins(kafka := Kafka({"raw": "A"}, {"raw": "B"})), lane(note)
    await ours.prepare(frozenset({0}))
    assert await ours.of(mine, monotonic()) is None
    assert kafka.again == [mine]
    assert await ours.of(mine, monotonic()) == "raw@B"


async def test_a_broker_that_does_not_know_the_topic_yet_is_asked_again() -> None:
    """The same lines would have another source for whoever reads them next."""
    ours = origins(Kafka(UNKNOWN, UNKNOWN, ServerAway("Kafka", "no answer"), {"raw": "A"}))
    await ours.prepare(frozenset({0}))
    assert await ours.of(lane(), monotonic()) == "raw@A"


async def test_what_was_read_of_a_topic_that_is_deleted_is_still_of_it() -> None:
    ours = origins(Kafka({"raw": "A"}, UNKNOWN))
    await ours.prepare(frozenset({0}))
    assert await ours.of(lane(), monotonic()) == "raw@A"


async def test_brokers_may_give_topics_no_ids() -> None:
    ours = origins(Kafka(NO_IDS))
    await ours.prepare(frozenset({0}))
    assert await ours.of(lane(), monotonic()) == "raw"


async def test_nobody_waits_for_the_id_of_a_lane_that_goes() -> None:
    ours, mine = origins(Kafka(UNKNOWN)), lane()
    waiting = asyncio.create_task(ours.of(mine, monotonic()))
    await asyncio.sleep(0)
    mine.end()
    assert await waiting is None
