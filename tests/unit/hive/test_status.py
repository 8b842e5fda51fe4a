"""How far Hive is as it has to be."""

from __future__ import annotations

import json

from elfaust.hive.status import TableStatus, status_of
from tests.unit.hive.fakes import Place


def test_what_is_missing_is_counted_and_not_made(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    place.add("Edit", 1, "2026-03-08T03")
    place.add("Save", 1, "2026-03-08T03")
    place.remembered.did.clear()
    found = status_of(place.new_sync())
    assert place.remembered.did == []
    assert found.tables == (TableStatus("edit_1", True, 1, 1), TableStatus("save_1", False, 0, 1))
    assert found.views_missing == ("save",)
    assert not found.is_complete
    assert json.loads(json.dumps(found.as_object()))["complete"] is False


def test_all_there(place: Place) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    place.sync.run()
    assert status_of(place.new_sync()).is_complete


def test_strange_files_are_told_unless_they_are_not_looked_for(place: Place) -> None:
    key = place.add("Edit", 1, "2026-03-08T02")
    place.storage.write(f"{place.names.in_hour(key, '2026-03-08T02')}/x", b"")
    place.sync.run()
    assert not status_of(place.new_sync()).is_complete
    assert status_of(place.new_sync(), files=False).is_complete
