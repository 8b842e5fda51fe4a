"""Tables and views of an older release, or of an older file of a schema, get what they lack."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from elfaust.hive.status import status_of
from elfaust.hive.sync import How
from elfaust.hive.tables import DIGEST, VERSION, digest
from elfaust.names import FolderNames
from elfaust.schema.lookup import reload
from tests.unit.hive.fakes import FULL, Place, told


def test_columns_that_are_missing_at_the_end_are_added(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit_1"]
    place.remembered.found["edit_1"] = replace(found, columns=found.columns[:-1])
    assert place.sync.run(FULL).columns == ["edit_1"]
    assert place.remembered.found["edit_1"].columns == found.columns


def test_columns_of_an_older_file_of_the_schema_are_replaced(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.05)
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
    # Where the process goes on, too: the folder is looked at now and then.
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


def test_a_view_of_an_older_release_is_replaced(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    found = place.remembered.found["edit"]
    older = replace(found, text="SELECT 1", properties={DIGEST: digest("SELECT 1", found.columns)})
    place.remembered.found["edit"] = older
    assert place.sync.run(FULL).views == ["edit"]
    assert place.remembered.found["edit"] == found


@pytest.mark.parametrize("is_untouched", [True, False])
def test_the_table_of_errors_of_an_older_release_gets_the_column_at_its_end(
    place: Place, is_untouched: bool
) -> None:
    """Its partitions get it too; the files in them lack it, which reads NULL."""
    place.storage.make_folder(FolderNames(place.settings).errors_in_hour("2026-03-08T02"))
    place.sync.run()
    made = place.remembered.found["eventerror"]
    older = made.columns[:-1]
    assert made.columns[-1].name == "raw_topic_id"
    properties = {**made.properties, VERSION: "0.1", DIGEST: digest("", older)}
    if not is_untouched:
        del properties[DIGEST]
    place.remembered.found["eventerror"] = replace(made, columns=older, properties=properties)
    hours = place.remembered.hours["eventerror"]
    hours |= {name: of._replace(columns=older) for name, of in hours.items()}
    place.storage.make_folder(FolderNames(place.settings).errors_in_hour("2026-03-08T03"))
    assert status_of(place.new_sync()).columns_missing == ("eventerror",)
    sync = place.new_sync()
    report = sync.run()
    assert (report.columns, report.added, report.told) == (["eventerror"], {"eventerror": 1}, [])
    assert place.remembered.found["eventerror"] == made
    assert {of.columns for of in hours.values()} == {made.columns}
    report = sync.run(How(full=True, deep=True))
    assert (report.is_changed, report.told) == (False, [])
    assert status_of(place.new_sync()).is_complete
