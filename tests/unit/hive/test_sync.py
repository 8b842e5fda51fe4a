"""Tables, views and partitions, kept in a metastore in memory."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from elfaust.errors import ServerAway
from elfaust.hive.found import Found
from elfaust.hive.report import Report
from elfaust.hive.sync import How
from elfaust.hive.tables import DIGEST, VERSION, digest
from elfaust.names import FolderNames
from elfaust.sinks.parquet.error_table import COLUMNS
from tests.unit.hive.fakes import Place

FULL = How(full=True)


def told(report: Report) -> dict[str, str]:
    return {of.name: of.what for of in report.told}


def test_all_is_made_once(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02", "2026-03-08T03")
    place.add("Edit", 2, "2026-03-08T03")
    report = place.sync.run()
    assert report.database
    assert report.tables == ["edit_1", "edit_2"]
    assert report.views == ["edit"]
    assert report.added == {"edit_1": 2, "edit_2": 1}
    assert report.told == []
    assert not place.sync.run().is_changed
    assert not place.new_sync().run().is_changed


def test_a_dry_run_says_so_and_does_nothing(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    report = place.sync.run(How(full=True, dry=True))
    assert (report.tables, report.views, report.added) == (["edit_1"], ["edit"], {"edit_1": 1})
    assert place.remembered.did == []


def test_only_what_is_new_is_asked_for(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.remembered.did.clear()
    place.add("Edit", 1, "2026-03-08T03")
    place.sync.run()
    assert place.remembered.did == ["add 1 edit_1"]


def test_a_new_revision_widens_the_view(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.add("Edit", 2, "2026-03-08T02", b={"type": "integer"})
    report = place.sync.run()
    assert (report.tables, report.views) == (["edit_2"], ["edit"])
    assert "edit_2" in place.remembered.found["edit"].text


def test_what_was_dropped_comes_back(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.remembered.found.clear()
    report = place.sync.run()
    assert (report.tables, report.views, report.added) == (["edit_1"], ["edit"], {"edit_1": 1})


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


def test_columns_that_are_missing_at_the_end_are_added(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    place.remembered.found["edit_1"] = replace(found, columns=found.columns[:-1])
    assert place.sync.run(FULL).columns == ["edit_1"]
    assert place.remembered.found["edit_1"].columns == found.columns


def test_columns_of_an_older_file_of_the_schema_are_replaced(place: Place) -> None:
    settings = replace(place.settings, schemas=replace(place.settings.schemas, reload=True))
    place.settings = settings
    place.sync = place.new_sync()
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.add("Edit", 1, a={"type": "string"}, b={"type": "integer"})
    place.remembered.did.clear()

    def types() -> dict[str, str]:
        return {of.name: of.type for of in place.remembered.found["edit_1"].columns}

    report = place.new_sync().run()
    assert (report.columns, report.views, report.told) == (["edit_1"], ["edit"], [])
    assert types()["event"] == "struct<a:string,b:bigint>"
    # Where the process goes on, too: the folder is looked at once a second.
    place.add("Edit", 1, c={"type": "number"})
    deadline = time.monotonic() + 20
    while types()["event"] != "struct<c:double>" and time.monotonic() < deadline:
        place.sync.run()
    assert types()["event"] == "struct<c:double>"
    assert place.sync.run().told == []


def test_columns_are_not_taken_away(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    more = (*found.columns, replace(found.columns[0], name="newer"))
    properties = {**found.properties, DIGEST: digest("", more)}
    place.remembered.found["edit_1"] = replace(found, columns=more, properties=properties)
    report = place.sync.run(FULL)
    assert told(report) == {"edit_1": "has column newer, which no file has"}


def test_an_altered_view_stays(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit"]
    place.remembered.found["edit"] = mine = replace(found, text="SELECT 1")
    report = place.sync.run(FULL)
    assert told(report) == {"edit": "is a view that somebody made or altered by hand"}
    assert place.remembered.found["edit"] == mine


def test_a_view_of_an_older_release_is_replaced(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit"]
    older = replace(found, text="SELECT 1", properties={DIGEST: digest("SELECT 1", found.columns)})
    place.remembered.found["edit"] = older
    assert place.sync.run(FULL).views == ["edit"]
    assert place.remembered.found["edit"] == found


def test_a_table_of_somebody_elses_in_a_views_place_stays(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    table = place.remembered.found["edit_1"]
    place.remembered.found["edit"] = theirs = replace(table, name="edit", properties={})
    assert "is a table that somebody made" in told(place.sync.run(FULL))["edit"]
    assert place.remembered.found["edit"] == theirs


def test_its_own_view_makes_room_for_a_table(place: Place) -> None:
    place.add("Edit_2", 7, "2026-03-08T02")
    assert place.sync.run().views == ["edit_2"]
    place.add("Edit", 2, "2026-03-08T02")
    report = place.sync.run()
    assert (report.tables, report.views) == (["edit_2"], ["edit"])
    assert "drop view edit_2" in place.remembered.did
    assert place.remembered.found["edit_2"].kind == "EXTERNAL_TABLE"


def test_what_is_refused_of_one_table_keeps_no_other(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.add("Save", 1, "2026-03-08T02")
    place.remembered.refuses = {"edit_1"}
    report = place.sync.run()
    assert told(report) == {"edit_1": "is refused by the metastore: no"}
    assert report.added == {"save_1": 1}
    place.remembered.refuses = set()
    assert place.sync.run().tables == ["edit_1"]


def test_a_metastore_that_is_away_is_waited_for(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.remembered.away = "nobody"
    place.add("Edit", 1, "2026-03-08T03", "2026-03-08T04")
    for _ in range(2):
        with pytest.raises(ServerAway):
            place.sync.run()
    count, since = place.sync.pending
    assert (count, since > 0) == (2, True)
    place.remembered.away = ""
    assert place.sync.run().added == {"edit_1": 2}
    assert place.sync.pending == (0, 0.0)


def test_a_table_whose_folder_is_gone_is_told(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.storage.delete(f"{place.names.root}/edit_1")
    assert "which is gone" in told(place.sync.run(FULL))["edit_1"]
    assert place.remembered.hours["edit_1"]


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


def test_partitions_without_a_folder_are_told_or_dropped(place: Place) -> None:
    key = place.add("Edit", 1, "2026-03-08T02", "2026-03-08T03")
    place.sync.run()
    place.storage.delete(place.names.in_hour(key, "2026-03-08T02"))
    what = "has 1 partitions without a folder: year=2026/month=3/day=8/hour=2"
    assert told(place.sync.run(FULL)) == {"edit_1": what}
    report = place.sync.run(How(full=True, repair=True))
    assert (report.dropped, report.told) == ({"edit_1": 1}, [])


def test_wrong_partitions_are_told_or_made_anew(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    [(name, right)] = place.remembered.hours["edit_1"].items()
    zeros = "year=2026/month=03/day=8/hour=2"
    place.remembered.hours["edit_1"] = {name: right._replace(columns=()), zeros: right}
    report = place.sync.run(How(full=True, deep=True))
    assert sorted(of.what for of in report.told) == [
        "has 1 partitions each of which has other columns than its table, which read NULL in it: "
        + name,
        f"has 1 partitions without a folder: {zeros}",
    ]
    report = place.sync.run(How(full=True, deep=True, repair=True))
    assert (report.dropped, report.added, report.told) == ({"edit_1": 2}, {"edit_1": 1}, [])
    assert place.remembered.hours["edit_1"][name].location.endswith(name)


def test_folders_of_nobody_are_told(place: Place) -> None:
    for name in ("nobody_1/year=2026/month=3/day=8/hour=2", "notes"):
        place.storage.make_folder(f"{place.names.root}/{name}")
    place.add("Edit", 1, "2026-03-08T02")
    report = place.sync.run()
    assert report.tables == ["edit_1"]
    assert told(report)[f"{place.names.root}/notes"] == "is the folder of no schema revision"
    assert "has no table" in told(report)["nobody_1"]


def test_a_folder_is_of_the_schema_that_owns_it(place: Place) -> None:
    place.add("edit", 1)
    place.add("Edit", 1, "2026-03-08T02", b={"type": "string"})
    place.storage.write(f"{place.names.root}/_owners/edit_1", b"Edit_1")
    place.sync.run()
    assert place.remembered.found["edit_1"].properties["elfaust.schema"] == "Edit"


def test_refused_events_have_a_table_of_their_own(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.add("EventError", 1, "2026-03-08T02")
    folder = FolderNames(place.settings).errors_in_hour("2026-03-08T03")
    place.storage.make_folder(folder)
    report = place.sync.run()
    assert sorted(report.tables) == ["edit_1", "eventerror", "eventerror_1"]
    assert report.views == ["edit"]
    assert report.added["eventerror"] == 1
    assert [of.what for of in report.notes] == [
        "is no view of schema EventError: it is the table of refused events"
    ]
    found = place.remembered.found["eventerror"]
    columns = {of.name: of for of in found.columns}
    assert list(columns) == list(COLUMNS)
    assert (columns["received"].type, columns["revision"].type) == ("timestamp", "bigint")
    assert columns["received"].comment.endswith("UTC")
    assert not place.new_sync().run().is_changed
