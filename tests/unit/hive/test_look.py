"""The folders of hours, looked at again and again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from elfaust.hive.look import Look
from elfaust.records import SchemaKey
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.storage.local import LocalStorage
from tests.unit.hive.fakes import Place


class Counting(LocalStorage):
    """Counts how often a folder is listed."""

    def __init__(self) -> None:
        self.listed = Counter[str]()

    def folders(self, path: str) -> dict[str, int]:
        self.listed[path] += 1
        return super().folders(path)


@pytest.fixture
def storage() -> Counting:
    return Counting()


@pytest.fixture
def look(place: Place, storage: Counting) -> Look:
    return Look(place.settings, storage)


def test_hours_are_numbers(place: Place, look: Look) -> None:
    place.add("Edit", 1, "2026-03-08T02", "2026-11-28T23")
    looked = look.look()
    path = f"{place.names.root}/edit_1"
    assert looked.changed == {path}
    assert looked.folders[path].hours == {(2026, 3, 8, 2), (2026, 11, 28, 23)}


def test_nothing_new_is_one_question(place: Place, look: Look, storage: Counting) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    look.look()
    storage.listed.clear()
    looked = look.look()
    assert not storage.listed
    assert looked.changed == set()
    assert len(looked.folders) == 1


def test_of_a_new_hour_the_other_days_are_not_listed(
    place: Place, look: Look, storage: Counting
) -> None:
    place.add("Edit", 1, "2026-03-08T02", "2026-03-09T02")
    place.add("Save", 1, "2026-03-08T02")
    look.look()
    storage.listed.clear()
    place.add("Edit", 1, "2026-03-09T03")
    assert look.look().changed == {f"{place.names.root}/edit_1"}
    days = [path for path in storage.listed if "/day=" in path]
    assert days == [f"{place.names.root}/edit_1/year=2026/month=3/day=9"]
    assert not any("save_1" in path for path in storage.listed)


def test_an_hour_that_goes_as_another_comes_is_seen_by_a_full_look(
    place: Place, look: Look
) -> None:
    key = place.add("Edit", 1, "2026-03-08T02")
    look.look()
    place.storage.delete(place.names.in_hour(key, "2026-03-08T02"))
    place.storage.make_folder(place.names.in_hour(key, "2026-03-08T03"))
    assert look.look().changed == set()
    looked = look.look(full=True)
    assert looked.folders[f"{place.names.root}/edit_1"].hours == {(2026, 3, 8, 3)}


def test_a_schema_whose_folder_goes_is_forgotten(place: Place, look: Look) -> None:
    place.add("Edit", 1, "2026-03-08T02")
    look.look()
    place.storage.delete(f"{place.names.root}/edit_1")
    assert look.look().folders == {}


def test_folders_of_no_hour_are_strange_and_hidden_ones_are_not(place: Place, look: Look) -> None:
    root = f"{place.names.root}/edit_1"
    for name in ("year=2026/month=03", "year=26x", "_made", ".hidden", "year=2026/month=3/day=1/x"):
        place.storage.make_folder(f"{root}/{name}")
    place.storage.make_folder(f"{place.names.root}/_owners")
    looked = look.look()
    assert list(looked.folders) == [root]
    assert sorted(looked.folders[root].strange) == [
        f"{root}/year=2026/month=03",
        f"{root}/year=2026/month=3/day=1/x",
        f"{root}/year=26x",
    ]


@pytest.mark.parametrize("path", ["{schema}_{revision}", "{schema}/{revision}"])
def test_a_schema_may_begin_as_hidden_names_do(place: Place, path: str) -> None:
    hours = "year={year}/month={month}/day={day}/hour={hour}"
    hdfs = replace(place.settings.hdfs, path=f"{path}/{hours}")
    settings = replace(place.settings, hdfs=hdfs)
    key = SchemaKey("_lead", 1)
    place.storage.make_folder(FileNames(settings).in_hour(key, "2026-03-08T02"))
    for name in ("_freshness/000000000000001", ".Trash/x", "_notes", "_notes/mine"):
        place.storage.make_folder(f"{place.names.root}/{name}")
    looked = Look(settings, place.storage).look()
    assert looked.folders.keys() == {FileNames(settings).of_schema(key)}
    [of] = looked.folders.values()
    assert of.hours == {(2026, 3, 8, 2)}


def test_no_folder_at_all(look: Look) -> None:
    assert look.look().folders == {}
