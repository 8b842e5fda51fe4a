"""What a schema revision is called, and whose a topic is."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import SchemaUnfit
from elfaust.names import FolderNames, TopicNames, changelog_topic, group_of, table_name
from elfaust.records import SchemaKey
from elfaust.settings import Settings

NAMES = TopicNames(Settings())
KEY = SchemaKey("Edit", 17)


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,63}\Z"), st.integers(1, 2**63 - 1))
def test_a_schema_revision_comes_back_from_its_topic(schema: str, revision: int) -> None:
    key = SchemaKey(schema, revision)
    assert NAMES.schema_of(NAMES.event(key)) == key


@pytest.mark.parametrize(
    "topic",
    [
        "eventlogging-client-side",
        "eventlogging_EventError",
        "eventlogging_Edit",
        "eventlogging_Edit_x",
        "elfaust-throughput-counts-changelog",
        "eventlogging_Edit_1_",
        "other_Edit_1",
        "eventlogging_Edit_0",
        "eventlogging_Edit_07",
        f"eventlogging_Edit_{2**63}",
        "eventlogging_Edit_" + "9" * 200,
    ],
)
def test_other_topics_are_no_schema_revisions(topic: str) -> None:
    assert NAMES.schema_of(topic) is None


def test_names_follow_the_formats_of_the_settings() -> None:
    topics = dataclasses.replace(Settings().topics, event="beta.{schema}.{revision}")
    names = TopicNames(dataclasses.replace(Settings(), topics=topics))
    assert names.event(SchemaKey("Edit", 3)) == "beta.Edit.3"
    assert names.schema_of("beta.Edit.3") == SchemaKey("Edit", 3)
    assert names.schema_of("betaXEditX3") is None


def test_only_a_topic_of_events_has_a_schema_revision() -> None:
    names = TopicNames(Settings())
    assert names.key_of(names.event(SchemaKey("Edit", 3))) == SchemaKey("Edit", 3)
    with pytest.raises(ValueError, match="of no schema revision"):
        names.key_of(names.error)


def test_a_table_is_named_by_its_format() -> None:
    assert table_name("{schema}_{revision}", KEY) == "Edit_17"


def test_a_table_name_longer_than_mysql_s_is_refused() -> None:
    with pytest.raises(SchemaUnfit, match="longer than 64"):
        table_name("{schema}_{revision}", SchemaKey("x" * 63, 17))


@pytest.mark.parametrize("name", ["x" * 59 + " ", "x" * 40 + "\U0001f600", "\0"])
def test_a_table_name_that_mysql_refuses(name: str) -> None:
    with pytest.raises(SchemaUnfit, match=r"table .*(space|character)"):
        table_name(name, KEY)


def test_a_folder_is_named_by_its_format() -> None:
    names = FolderNames(Settings())
    folder = names.of_schema(KEY)
    assert folder.endswith("/edit_17")
    assert names.in_hour(KEY, "2020-09-03T04") == f"{folder}/year=2020/month=9/day=3/hour=4"
    assert names.depth == 1


def test_no_folder_is_a_schema_s_own_where_hours_come_first() -> None:
    hdfs = dataclasses.replace(
        Settings().hdfs, path="{year}/{month}/{day}/{hour}/{schema}_{revision}"
    )
    names = FolderNames(dataclasses.replace(Settings(), hdfs=hdfs))
    assert names.of_schema(KEY) == ""
    assert names.in_hour(KEY, "2020-09-03T04") == f"{names.root}/2020/9/3/4/edit_17"


def test_a_group_is_named_by_its_role() -> None:
    assert group_of(Settings(), "mysql") == "elfaust-mysql"
    assert changelog_topic(Settings()) == "elfaust-throughput-counts-changelog"


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("{schema}_{revision}/y={year}/{month}/{day}/h={hour}", "/eventerror/y=2020/9/13/h=5"),
        ("x/{schema}/{revision}/{year}/{month}/{day}/{hour}", "/eventerror/all/all/2020/9/13/5"),
        ("{year}/{month}/{day}/{hour}/{schema}_{revision}", "/eventerror/2020/9/13/5/eventerror_0"),
    ],
)
def test_errors_have_a_folder_that_is_no_schema_revision_s(path: str, folder: str) -> None:
    hdfs = dataclasses.replace(Settings().hdfs, root="/r", path=path)
    names = FolderNames(dataclasses.replace(Settings(), hdfs=hdfs))
    assert names.errors_in_hour("2020-09-13T05") == f"/r{folder}"
    assert names.errors_in_hour("2020-09-13T05").startswith(f"{names.of_errors}/")
    assert names.of_schema(SchemaKey("EventError", 1)) != names.of_errors
