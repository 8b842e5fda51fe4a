"""A file's name says whose it is, whatever its folders are called."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, file_name, topic_and_lane

UNDER = SchemaKey("_Under", 1)
OFFSETS = st.integers(0, 2**63 - 1)


@given(
    st.from_regex(r"[A-Za-z0-9._-]+", fullmatch=True), st.integers(0, 10**9 - 1), OFFSETS, OFFSETS
)
def test_a_name_is_read_as_it_was_written(topic: str, lane: int, first: int, last: int) -> None:
    for more in ("", "0123456789ab"):
        name = file_name(topic, lane, first, last, more)
        assert topic_and_lane(name) == topic_and_lane(f"/a/b/{name}") == (topic, lane)


def test_a_name_is_what_it_was() -> None:
    assert file_name("t", 3, 5, 7) == f"t.3.{5:020d}-{7:020d}.parquet"
    assert file_name("t", 3, 5, 7, "0ab") == f"t.3.{5:020d}-{7:020d}-0ab.parquet"


@pytest.mark.parametrize("topic", ["eventlogging_{schema}_{revision}", "{schema}_{revision}"])
def test_a_schema_whose_name_begins_with_an_underscore_has_files(topic: str) -> None:
    base = Settings()
    names = FileNames(replace(base, topics=replace(base.topics, event=topic)))
    name = file_name(topic.format(schema="_Under", revision=1), 0, 0, 0)
    path = f"{names.in_hour(UNDER, '2020-09-03T04')}/{name}"
    assert path.startswith(f"{base.hdfs.root}/_under_1/year=2020/month=9/day=3/hour=4/")
    assert names.named(path) == names.schema_of_path([UNDER])(path) == UNDER
    assert names.schema_of_path([])(path) is None


def test_of_two_that_share_a_folder_each_has_the_files_of_its_name() -> None:
    names = FileNames(Settings())
    keys = [SchemaKey("Foo", 1), SchemaKey("foo", 1)]
    folder = names.of_schema(keys[0])
    assert folder == names.of_schema(keys[1])
    key_of = names.schema_of_path(keys)
    for key in keys:
        topic = f"eventlogging_{key.schema}_{key.revision}"
        assert key_of(f"{folder}/{file_name(topic, 0, 0, 0)}") == key
    assert key_of(f"{folder}/x.parquet") == keys[0]
