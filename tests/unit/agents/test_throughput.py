"""What is counted together: an entry is written once for all batches of a lane."""

from __future__ import annotations

from collections.abc import Mapping

from elfaust.agents.throughput import Counter
from elfaust.counts.entry import CountKey, Tally
from elfaust.names import TopicNames
from elfaust.records import Record, Source
from elfaust.settings import Settings
from elfaust.sinks.groups import Buffered
from tests.stand_in import stand_in

TOPIC = "eventlogging_Edit_7"


def batch(lane: int, *offsets: int) -> Buffered:
    records = [Record(TOPIC, lane, at, 60_000, b"{}", Source("raw", at)) for at in offsets]
    return Buffered(TOPIC, lane, records, lambda: None)


async def test_an_entry_is_written_once_for_all_batches_of_its_lane_in_their_order() -> None:
    added: list[Mapping[CountKey, Tally]] = []

    async def written(seconds: float) -> None:
        assert len(added) == 2

    settings = Settings()
    table = stand_in(add=added.append, written=written)
    counter = Counter(stand_in(settings=settings, names=TopicNames(settings)), table)
    await counter.write([batch(0, 1, 2), batch(1, 5), batch(0, 3)])
    assert [
        [position for _, position in tallies[CountKey(lane, TOPIC, "Edit", 7, "", None)].marks]
        for lane, tallies in enumerate(added)
    ] == [[1, 2, 3], [5]]
