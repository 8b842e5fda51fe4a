"""The table shows and changes the entries of the lanes that are taken, and sends nothing itself."""

from __future__ import annotations

import faust
import pytest

from elfaust.counts.entry import CountKey, to_json
from elfaust.counts.merged import LaneCounts
from elfaust.counts.place import place_of
from elfaust.counts.table import CountsTable
from elfaust.counts.taking import Taking
from elfaust.models.count import Count
from tests.stand_in import stand_in

ENTRY = CountKey(1, "t", "Edit", 7, "", None)


@pytest.fixture
def table() -> CountsTable:
    place = place_of(ENTRY)
    value = to_json({"count": 3, "last": 9, "positions": {"raw": 4}})
    taking = Taking(1, LaneCounts({place.when: {place.name: (("", value),)}}))
    takings = stand_in(lanes={1: taking})
    app = faust.App("test", store="memory://")
    names = {"key_type": str, "value_type": Count, "partitions": 2}
    made: CountsTable = app.tables.add(CountsTable(app, takings=takings, name="counts", **names))
    return made


def test_what_a_lane_had_when_it_was_taken_is_in_the_table(table: CountsTable) -> None:
    assert list(table) == [ENTRY.encode()]
    assert table[ENTRY.encode()] == Count(count=3, last=9, positions={"raw": 4})
    assert len(table) == 1
    other = ENTRY._replace(lane=0).encode()
    assert other not in table
    with pytest.raises(KeyError):
        table[ENTRY._replace(schema="Other").encode()]


def test_what_is_set_is_to_be_written_with_its_lane(table: CountsTable) -> None:
    hour = ENTRY._replace(hour=480_000)
    table[hour.encode()] = Count(count=1, last=0, positions={}, minutes=[1] * 60)
    assert table[hour.encode()].minutes == [1] * 60
    assert set(table) == {ENTRY.encode(), hour.encode()}
    taking = table.takings.lanes[1]
    [(key, value)] = taking.changes()
    assert key.decode() == f"{hour.encode()}|{taking.writer}"
    assert value is not None
    assert b'"count":1,' in value


def test_a_lane_that_has_gone_takes_its_entries_along(table: CountsTable) -> None:
    table.takings.lanes.clear()
    assert list(table) == []
    assert ENTRY.encode() not in table


def test_the_topic_of_the_changelog_has_its_name(table: CountsTable) -> None:
    assert table.changelog_topic.get_topic_name() == "test-counts-changelog"
    assert table.clone().takings is table.takings
