"""Names of tables and views, and who has one that several would have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfaust.errors import SettingsError
from elfaust.hive.names import HiveNames
from elfaust.records import SchemaKey
from elfaust.settings import Settings

SETTINGS = Settings()
EDIT = SchemaKey("Edit", 13457736)


def with_path(path: str) -> HiveNames:
    return HiveNames(replace(SETTINGS, hdfs=replace(SETTINGS.hdfs, path=path)))


def test_a_table_is_called_as_its_folder_and_a_view_as_its_schema() -> None:
    names = HiveNames(SETTINGS)
    assert names.table(EDIT) == "edit_13457736"
    assert names.location(EDIT) == "/wmf/data/event/edit_13457736"
    of = names.of([EDIT, SchemaKey("Edit", 2)])
    assert of.views == {"edit": [SchemaKey("Edit", 2), EDIT]}


def test_schema_and_revision_may_be_folders_of_their_own() -> None:
    names = with_path("a/{schema}/{revision}/year={year}/month={month}/day={day}/hour={hour}")
    assert names.table(EDIT) == "edit_13457736"


@pytest.mark.parametrize(
    "path",
    [
        "{schema}_{revision}/{year}/{month}/{day}/{hour}",
        "year={year}/month={month}/day={day}/hour={hour}/{schema}_{revision}",
        "{schema}/year={year}/month={month}/day={day}/hour={hour}/{revision}",
    ],
)
def test_paths_without_partitions_are_refused(path: str) -> None:
    with pytest.raises(SettingsError, match=r"hdfs\.path"):
        with_path(path)


def test_a_table_has_a_name_that_a_view_would_have_too() -> None:
    keys = [SchemaKey("Edit", 2), SchemaKey("Edit_2", 7)]
    names = HiveNames(SETTINGS).of(keys)
    assert names.tables == {keys[0]: "edit_2", keys[1]: "edit_2_7"}
    assert names.views == {"edit": [keys[0]]}
    assert "the table of Edit, revision 2" in names.viewless["edit_2"]


def test_of_two_tables_of_one_name_the_one_of_that_folder_has_it() -> None:
    keys = [SchemaKey("A-b", 1), SchemaKey("a_B", 1), SchemaKey("A-b", 2)]
    names = HiveNames(SETTINGS).of(keys)
    assert names.tables == {keys[1]: "a_b_1", keys[2]: "a_b_2"}
    assert names.views == {"a_b": [keys[1]]}
    assert (set(names.refused), set(names.viewless)) == ({"A-b_1"}, {"A-b"})


def test_a_table_of_elfausts_own_has_its_name() -> None:
    names = HiveNames(SETTINGS).of([SchemaKey("Elfaust_Freshness", 1)])
    assert names.views == {}
    why = "is no view of schema Elfaust_Freshness: it is the table of freshness"
    assert names.viewless == {"elfaust_freshness": why}
