"""Tables, views and partitions, kept in a metastore in memory."""

from __future__ import annotations

import pytest

from elfaust.errors import ServerAway
from elfaust.hive.sync import How
from elfaust.names import FolderNames
from elfaust.sinks.parquet.error_table import COLUMNS
from tests.unit.hive.fakes import FULL, Place, told


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
