"""What is counted together: an entry is written once for all batches of a lane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from elfaust.agents.throughput import Counter
from elfaust.counts.entry import CountKey, Tally
from elfaust.names import TopicNames
from elfaust.records import Record, Source
from elfaust.settings import Settings
from elfaust.sinks.groups import Buffered
from tests.stand_in import stand_in

TOPIC = "eventlogging_Edit_7"


class Table:
    """A table that notes what is added, written and committed."""

    def __init__(self) -> None:
        self.takings = stand_in(turn=asyncio.Lock())
        self.added: list[tuple[int, Mapping[CountKey, Tally]]] = []
        self.told: list[str] = []

    def add(self, lane: int, counts: Mapping[CountKey, Tally]) -> Callable[[], None]:
        self.added.append((lane, counts))
        return lambda: self.told.append(f"lane {lane} committed")

    async def written(self) -> None:
        self.told.append("written")


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def counter(table: Table) -> Counter:
    settings = Settings()
    worker = stand_in(settings=settings, names=TopicNames(settings))
    return Counter(worker, stand_in(add=table.add, written=table.written, takings=table.takings))


def batch(lane: int, *offsets: int, dropped: bool = False, commit: list[object] = []) -> Buffered:  # noqa: B006
    records = [Record(TOPIC, lane, at, 60_000, b"{}", Source("raw", at)) for at in offsets]
    return Buffered(TOPIC, lane, records, lambda: None, 0, lambda: dropped, commit.append)


def counted(table: Table) -> list[list[int]]:
    totals = [of[CountKey(lane, TOPIC, "Edit", 7, "", None)] for lane, of in table.added]
    return [[position for _, position in of.marks] for of in totals]


async def test_an_entry_is_written_once_for_all_batches_of_its_lane_in_their_order(
    table: Table, counter: Counter
) -> None:
    await counter.write([batch(0, 1, 2), batch(1, 5), batch(0, 3)])
    assert counted(table) == [[1, 2, 3], [5]]
    assert table.told == ["written"]


async def test_a_lane_that_has_moved_is_not_counted(table: Table, counter: Counter) -> None:
    await counter.write([batch(0, 1, 2, dropped=True), batch(1, 5)])
    assert counted(table) == [[5]]


async def test_the_last_batch_of_a_topic_tells_when_it_is_committed(
    table: Table, counter: Counter
) -> None:
    first: list[object] = []
    last: list[object] = []
    await counter.write([batch(0, 1, commit=first), batch(0, 2, commit=last)])
    assert first == []
    [told] = last
    assert callable(told)
    told()
    assert table.told == ["written", "lane 0 committed"]
