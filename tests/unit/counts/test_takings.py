"""Lanes are taken as the changelog has them to its end, and end whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import pytest

from elfaust.counts import takings as module
from elfaust.counts.entry import CountKey, Tally
from elfaust.counts.merged import Merged
from elfaust.counts.taking import Records
from elfaust.counts.takings import Takings, told
from elfaust.errors import ServerAway, Unacknowledged
from elfaust.settings.stores import Throughput

TOTAL = CountKey(0, "t", "Edit", 7, "", None)


class Kafka:
    """A changelog, its reader and its writer."""

    def __init__(self) -> None:
        self.merged = Merged(lambda *_: None)
        self.reading: list[str] = []
        self.away = 0
        self.refuses: BaseException | None = None
        self.now = 1e9
        self.takings = Takings(Throughput(), self, self.write, lambda: self.now)

    async def caught_up(self, must_exist: bool) -> None:
        assert must_exist
        if self.away:
            self.away -= 1
            raise ServerAway("Kafka", "no answer")
        self.reading.append("is at the end")

    async def write(self, lanes: Mapping[int, Records]) -> None:
        await asyncio.sleep(0)
        if self.refuses:
            raise self.refuses
        for lane, records in lanes.items():
            for key, value in records:
                assert self.merged.apply(lane, key, value, self.now)

    def add(self, *positions: int, lane: int = 0, hour: int | None = None) -> None:
        tally = Tally([("raw", at) for at in positions], 0)
        self.takings.add(lane, {TOTAL._replace(lane=lane, hour=hour): tally})

    def count(self, lane: int = 0, when: str = "all") -> int | None:
        value = self.merged.lane(lane).value(when, "t|Edit|7|")
        return value["count"] if value else None


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


async def test_lanes_are_taken_at_the_changelogs_end(kafka: Kafka) -> None:
    await kafka.takings.take({0, 1})
    assert kafka.reading == ["is at the end"]
    kafka.add(1, 2)
    kafka.add(5, lane=1)
    await kafka.takings.written()
    assert (kafka.count(0), kafka.count(1)) == (2, 1)
    await kafka.takings.take({0})
    kafka.add(2, 3)
    await kafka.takings.written()
    assert kafka.count(0) == 3
    with pytest.raises(Unacknowledged):
        kafka.add(1, lane=1)


async def test_what_is_not_in_kafka_ends_with_its_lane(kafka: Kafka) -> None:
    await kafka.takings.take({0})
    kafka.add(1, 2)
    kafka.takings.end()
    await kafka.takings.written()
    await kafka.takings.take({0})
    kafka.add(1)
    await kafka.takings.written()
    assert kafka.count() == 1


@pytest.mark.parametrize("error", [Unacknowledged("Kafka", ""), asyncio.CancelledError()])
async def test_a_lane_whose_counts_may_be_in_kafka_or_not_counts_no_further(
    kafka: Kafka, error: BaseException
) -> None:
    await kafka.takings.take({0, 1})
    kafka.add(1)
    kafka.refuses = error
    with pytest.raises(type(error)):
        await kafka.takings.written()
    with pytest.raises(Unacknowledged):
        kafka.add(2)
    kafka.add(2, lane=1)


async def test_lanes_wait_for_kafka_and_say_so(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    kafka.away = 2
    taking = asyncio.create_task(kafka.takings.take({0}))
    while not kafka.takings.blocked_by:
        await asyncio.sleep(0)
    assert "Kafka" in kafka.takings.blocked_by
    await taking
    assert kafka.takings.blocked_by == ""
    assert kafka.takings.lanes.keys() == {0}


async def test_what_is_missing_is_told_by_who_takes_the_lane(
    kafka: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    await kafka.takings.take({0})
    tally = Tally([("raw", 1)], 0)
    commit = kafka.takings.add(0, {TOTAL: tally})
    await kafka.takings.written()
    commit()
    await kafka.takings.tidy()
    await kafka.takings.take({0})
    assert told(kafka.takings) == []
    [(key, _)] = list(kafka.merged.lane(0).entries["all"].items())
    del kafka.merged.lane(0).entries["all"][key]
    await kafka.takings.take({0})
    [words] = told(kafka.takings)
    assert words == "counts of t, lane 0, Edit 7: 0 counted in all, 1 were"
    assert words in caplog.text
    assert sum(of.lacks for of in kafka.takings.missing) == 1


async def test_a_clock_that_is_far_behind_forgets_nothing(
    kafka: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    now, hour = kafka.now, int(kafka.now // 3600)
    await kafka.takings.take({0})
    kafka.add(1, 2, hour=hour)
    await kafka.takings.written()
    kafka.now = 0.0
    await kafka.takings.take({0})
    await kafka.takings.tidy()
    assert kafka.count(when=f"h{hour}") == 2
    assert "clock" in caplog.text
    kafka.now = now + 3600 * (Throughput().keep_hours + 1)
    await kafka.takings.tidy()
    assert kafka.count(when=f"h{hour}") is None
