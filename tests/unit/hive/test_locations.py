"""Where tables lie, and in which file system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfaust.hive.locations import common_home, home_of, is_at, path_of
from elfaust.settings import Settings

SETTINGS = Settings()
HDFS = "hdfs://name:9000"


def test_a_location_is_a_file_system_and_a_path() -> None:
    assert [path_of(of) for of in ("hdfs://h:1/a/b/", "file:/a/b", "/a//b")] == ["/a/b"] * 3
    assert home_of("hdfs://Name:8020/a") == home_of("hdfs://name/a") == "hdfs://name"
    assert home_of("file:/a") == home_of("file:///a") == "file://"
    assert home_of("/a") == ""


@pytest.mark.parametrize(
    ("location", "home", "right"),
    [
        (f"{HDFS}/a", HDFS, True),
        (f"{HDFS}/b", HDFS, False),
        ("/a", HDFS, True),
        ("file:///a", HDFS, False),
        ("s3a://name:9000/a", HDFS, False),
        ("hdfs://other:9000/a", HDFS, False),
        ("hdfs://other:9000/a", "", True),
        ("file:/a", "", False),
        ("file:/a", "file://", True),
    ],
)
def test_a_location_is_right_in_its_own_file_system(location: str, home: str, right: bool) -> None:
    assert is_at(location, "/a", home) is right


def test_the_file_system_is_that_of_most_tables() -> None:
    locations = [f"{HDFS}/a", f"{HDFS}/b", "hdfs://other/c", *["file:/d"] * 5]
    assert common_home(SETTINGS, locations) == HDFS
    assert common_home(SETTINGS, ["file:/d"]) == ""
    local = replace(SETTINGS, hdfs=replace(SETTINGS.hdfs, storage="local"))
    assert common_home(local, locations) == "file://"
