"""What somebody has made or altered by hand is told, and stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfaust.hive.found import Found
from elfaust.hive.sync import How
from elfaust.hive.tables import VERSION
from tests.unit.hive.fakes import FULL, Place, told


def test_an_altered_table_is_told_and_gets_its_partitions(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    internal = {key: of for key, of in found.properties.items() if key != "EXTERNAL"}
    mine = (*found.columns, replace(found.columns[0], name="mine"))
    place.remembered.found["edit_1"] = replace(found, properties=internal, columns=mine)
    place.add("Edit", 1, "2026-03-08T03")
    report = place.sync.run(FULL)
    assert report.added == {"edit_1": 1}
    external, column = report.told
    assert external.what == "is not external: DROP TABLE deletes the files"
    assert column.what == "has column mine, which no file has"
    # To drop it now would delete the files.
    assert column.cure.startswith("the other cure first")
    place.remembered.found["edit_1"] = found
    assert place.sync.run().told == []


def test_a_table_of_other_files_gets_no_partitions(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    place.remembered.found["edit_1"] = replace(found, location="hdfs://host/elsewhere")
    place.add("Edit", 1, "2026-03-08T03")
    report = place.sync.run(FULL)
    assert not report.is_changed
    assert told(report)["edit_1"].startswith("reads hdfs://host/elsewhere, not ")
    assert place.sync.pending[0] == 2


def test_an_altered_view_stays(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit"]
    place.remembered.found["edit"] = mine = replace(found, text="SELECT 1")
    report = place.sync.run(FULL)
    assert told(report) == {"edit": "is a view that somebody made or altered by hand"}
    assert place.remembered.found["edit"] == mine


def test_a_table_of_somebody_elses_in_a_views_place_stays(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    table = place.remembered.found["edit_1"]
    place.remembered.found["edit"] = theirs = replace(table, name="edit", properties={})
    assert "is a table that somebody made" in told(place.sync.run(FULL))["edit"]
    assert place.remembered.found["edit"] == theirs


@pytest.mark.parametrize(
    ("columns", "partitions"), [(0, False), (1, False), (99, True)], ids=["none", "one", "same"]
)
def test_what_somebody_made_in_a_tables_place_is_not_altered(
    place: Place, columns: int, partitions: bool
) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    place.remembered.found["edit_1"] = theirs = replace(
        found,
        properties={"EXTERNAL": "TRUE"},
        columns=found.columns[:columns],
        partitions=found.partitions if partitions else (),
    )
    place.remembered.did.clear()
    place.add("Edit", 1, "2026-03-08T03")
    of = place.sync.run(FULL).told[0]
    assert of.what.startswith("is a table that somebody made")
    assert of.cure == "give it another name"
    assert place.remembered.found["edit_1"] is theirs
    assert place.remembered.did == []


def test_a_view_is_not_made_over_somebody_elses_table(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    view = place.remembered.found["edit"]
    place.remembered.found["edit_2"] = Found("edit_2", "MANAGED_TABLE", "file:/mine")
    place.add("Edit", 2, "2026-03-08T02")
    for sync in (place.sync, place.new_sync()):
        report = sync.run()
        assert not report.is_changed
        assert told(report)["edit"] == "is not kept: edit_2 is somebody else's"
        assert place.remembered.found["edit"] is view
    del place.remembered.found["edit_2"]
    report = place.sync.run()
    assert (report.tables, report.views, report.told) == (["edit_2"], ["edit"], [])


def test_columns_are_not_added_to_a_table_of_other_files(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    moved = replace(found, location="s3a://bucket/edit_1", columns=found.columns[:-1])
    place.remembered.found["edit_1"] = moved
    assert place.sync.run(FULL).columns == []
    assert place.remembered.found["edit_1"] is moved


def test_locations_are_compared_with_their_file_system(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02", "2026-03-08T03")
    place.add("Save", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["save_1"]
    place.remembered.found["save_1"] = replace(
        found, location=found.location.replace("file:", "s3a://bucket")
    )
    hours = place.remembered.hours["edit_1"]
    name, right = next(iter(hours.items()))
    hours[name] = right._replace(location=right.location.replace("file:", "hdfs://host"))
    report = place.sync.run(How(full=True, deep=True))
    assert "reads s3a://bucket/" in told(report)["save_1"]
    assert "has 1 partitions each of which reads hdfs://host/" in told(report)["edit_1"]
    report = place.sync.run(How(full=True, deep=True, repair=True))
    assert (report.dropped, report.added) == ({"edit_1": 1}, {"edit_1": 1})
    assert hours[name] == right


def test_parameters_that_change_what_is_read_are_told(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    odd = ("parquet.column.index.access",)
    found = place.remembered.found["edit_1"]
    place.remembered.found["edit_1"] = replace(found, odd=odd)
    hours = place.remembered.hours["edit_1"]
    [(name, right)] = hours.items()
    hours[name] = right._replace(odd=odd)
    table, partition = place.sync.run(How(full=True, deep=True)).told
    assert table.what.startswith("has parquet.column.index.access, by which")
    assert "each of which has parquet.column.index.access" in partition.what


def test_cures_quote_names(place: Place) -> None:
    place.add("Order", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["order"]
    place.remembered.found["order"] = replace(found, text="SELECT 1", database="event")
    [of] = place.sync.run(FULL).told
    assert of.cure == "DROP VIEW `event`.`order`, and elfaust hive sync"
    # To drop somebody else's is no cure.
    place.remembered.found["order"] = replace(found, text="SELECT 1", properties={})
    [of] = place.sync.run(FULL).told
    assert of.cure == "give it another name"


def test_a_table_of_freshness_that_is_somebody_elses_is_told(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    theirs = Found("elfaust_freshness", "MANAGED_TABLE", "file:/warehouse/elfaust_freshness")
    place.remembered.found["elfaust_freshness"] = theirs
    [of] = place.sync.run(FULL).told
    assert of.what == "is somebody else's: the table of freshness is not in Hive"
    ours = replace(theirs, location="file:/events/_freshness/01", properties={VERSION: "1"})
    place.remembered.found["elfaust_freshness"] = ours
    assert place.sync.run(FULL).told == []
