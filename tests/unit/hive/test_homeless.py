"""Tables of elfaust's that no schema revision has any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from elfaust.hive.sync import How
from tests.unit.hive.fakes import Place

FULL = How(full=True)


def test_a_renamed_table_is_not_dropped_with_its_files(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found.pop("edit_1")
    purged = {**found.properties, "external.table.purge": "true"}
    place.remembered.found["old"] = replace(found, name="old", properties=purged, database="db")
    purge, where = (of for of in place.sync.run(FULL).told if of.name == "old")
    assert purge.what == "has external.table.purge: DROP TABLE deletes the files"
    assert where.what == f"reads {found.location}, as edit_1 does"
    assert where.cure == "the other cure first, then DROP TABLE `db`.`old`, which leaves the files"


def test_a_table_of_another_root_is_not_gone(place: Place, tmp_path: Path) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    hdfs = replace(place.settings.hdfs, root=str(tmp_path / "elsewhere"))
    place.settings = replace(place.settings, hdfs=hdfs)
    view, of = sorted(place.new_sync().run(FULL).told)
    assert (view.name, view.cure) == ("edit", "DROP VIEW `edit`")
    assert view.what == "is a view of schema Edit, of which no table is left"
    assert (of.name, of.cure) == ("edit_1", "")
    assert of.what.endswith("where hdfs.root and hdfs.path have no schema revision")


def test_a_folder_without_a_schema_is_told_and_its_table_kept(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    (place.schemas / "Edit" / "1.json").unlink()
    of, view = place.new_sync().run(FULL).told
    assert view.name == "edit"
    assert of.what.startswith("has no table: ")
    assert of.cure == ""
