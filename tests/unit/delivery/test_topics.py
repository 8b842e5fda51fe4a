"""Topic names, both ways."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.delivery.topics import TopicNames, unread_lanes
from elfaust.records import SchemaKey
from elfaust.settings import Settings

NAMES = TopicNames(Settings())


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,63}\Z"), st.integers(0, 10**9))
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


def test_partitions_past_the_lanes_are_told() -> None:
    lanes = Settings().topics.lanes
    assert unread_lanes(Settings(), {"a": lanes, "b": 1, "c": lanes + 2}) == [
        f"topic c has {lanes + 2} partitions: what is in those from {lanes} on waits until "
        f"topics.lanes is {lanes + 2}"
    ]


def test_only_a_topic_of_events_has_a_schema_revision() -> None:
    names = TopicNames(Settings())
    assert names.key_of(names.event(SchemaKey("Edit", 3))) == SchemaKey("Edit", 3)
    with pytest.raises(ValueError, match="of no schema revision"):
        names.key_of(names.error)
