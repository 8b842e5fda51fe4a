from __future__ import annotations

import os
import tarfile
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from elfaust.devstack.jars import POM, cache, jars
from elfaust.errors import StackError

MAVEN = """#!/bin/sh
echo "$@" >> "$MAVEN_CALLS"
for argument; do case "$argument" in -DoutputDirectory=*) folder="${argument#*=}";; esac; done
"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of mvn; its calls go to the file `calls` beside it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("mvn", "java"):
        (tools / name).write_text(MAVEN + 'touch "$folder/a.jar"\n')
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("MAVEN_CALLS", str(tools / "calls"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tools / "mvn"


def leftovers() -> list[str]:
    return sorted(path.name for path in cache().iterdir() if path.name != "lock")


def test_jars_are_fetched_once(maven: Path, tmp_path: Path) -> None:
    folder = jars("kafka")
    assert folder.is_relative_to(tmp_path / "cache" / "elfaust")
    assert [path.name for path in folder.iterdir()] == ["a.jar"]
    assert jars("kafka") == folder
    calls = maven.with_name("calls").read_text().splitlines()
    assert len(calls) == 1
    assert "--activate-profiles=kafka" in calls[0]
    assert "-DincludeScope=runtime" in calls[0]
    assert leftovers() == ["kafka"]


def test_of_an_archive_the_scripts_stay(maven: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.tar.gz"
    with tarfile.open(made, "w:gz") as tar:
        for name in ("hive-4/scripts/mysql/a.sql", "hive-4/lib/a.jar", "hive-4/scripts.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            tar.addfile(member, BytesIO(name.encode()))
    maven.write_text(MAVEN + f'touch "$folder/a.jar"; cp {made} "$folder/"\n')
    folder = jars("hive")
    files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    assert sorted(files) == ["a.jar", "scripts/mysql/a.sql"]
    assert (folder / "scripts/mysql/a.sql").read_text() == "hive-4/scripts/mysql/a.sql"


def test_fetch_that_fails_leaves_nothing_and_is_one_line(maven: Path) -> None:
    maven.write_text(MAVEN + 'touch "$folder/half.jar"; echo "[ERROR] no such jar"; exit 1\n')
    with pytest.raises(StackError, match=r"could not fetch the hadoop jars: \[ERROR\] no such jar"):
        jars("hadoop")
    assert leftovers() == []


def test_maven_that_brings_nothing_is_an_error(maven: Path) -> None:
    maven.write_text(MAVEN)
    with pytest.raises(StackError, match="no jar for kafka"):
        jars("kafka")
    assert leftovers() == []


def test_cache_that_cannot_be_written_is_an_error(
    maven: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(maven))
    with pytest.raises(StackError, match="cannot be kept"):
        jars("kafka")


def test_pom_pins_every_version() -> None:
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    root = ElementTree.parse(POM).getroot()
    ids = [found.text for found in root.findall("m:profiles/m:profile/m:id", space)]
    assert ids == ["kafka", "hadoop", "hive", "beeline"]
    pinned = root.findall(".//m:dependency", space) + root.findall(".//m:plugin", space)
    assert all(part.findtext("m:version", "", space)[0].isdigit() for part in pinned)
