"""Schemas whose files change: each way in which editors, `cp` and `git` change one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup import reload
from elfaust.schema.lookup.registry import Kind, Registry
from elfaust.settings import Schemas

CAT = SchemaKey("Cat", 1)


def text(**properties: Any) -> str:
    return json.dumps({"properties": properties})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.0)
    path = tmp_path / "schemas" / "Cat" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(text(a={}))
    return path


@pytest.fixture
def registry(file: Path) -> Registry:
    registry = Registry(Schemas(folder=str(file.parents[1]), reload=True))
    assert names(registry) == ["a"]
    return registry


def names(registry: Registry) -> list[str]:
    schema = registry.get(CAT)
    return [] if schema is None else list(schema.event["properties"])


def test_a_file_that_is_written_is_read_again_once(registry: Registry, file: Path) -> None:
    assert registry.reload.look() == set()
    file.write_text(text(b={}))
    assert registry.reload.look() == {CAT}
    assert names(registry) == ["b"]
    assert registry.find(CAT) is registry.get(CAT)
    assert registry.reload.look() == set()


def test_a_file_that_stays_spoiled_is_no_schema_to_anybody(
    registry: Registry, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("{")
    assert registry.reload.look() == set()
    assert names(registry) == ["a"]
    monkeypatch.setattr(reload, "SPOILED_SECONDS", 0.0)
    assert registry.reload.look() == {CAT}
    begun = Registry(Schemas(folder=str(file.parents[1]), reload=True))
    assert registry.state(CAT) == begun.state(CAT)
    assert registry.reload.spoiled == []
    file.write_text(text(b={}))
    registry.reload.look()
    assert names(registry) == ["b"]


def test_a_file_that_is_renamed_into_place_is_read_even_with_its_time_and_size(
    registry: Registry, file: Path
) -> None:
    was = file.stat()
    other = file.with_suffix(".new")
    other.write_text(text(b={}))
    os.utime(other, ns=(was.st_atime_ns, was.st_mtime_ns))
    other.replace(file)
    assert registry.reload.look() == {CAT}
    assert names(registry) == ["b"]


def test_an_older_file_and_one_behind_a_link_are_read(registry: Registry, file: Path) -> None:
    file.write_text(text(b={}))
    os.utime(file, (1, 1))
    assert registry.reload.look() == {CAT}
    target = file.parents[2] / "elsewhere.json"
    target.write_text(text(c={}))
    file.unlink()
    file.symlink_to(target)
    assert registry.reload.look() == {CAT}
    target.write_text(text(d={}, e={}))
    assert registry.reload.look() == {CAT}
    assert names(registry) == ["d", "e"]


@pytest.mark.parametrize("spoiled", ["", '{"properties": {"b"', "[]", '{"properties": []}'])
def test_what_is_no_schema_leaves_the_old_one_and_says_so(
    registry: Registry, file: Path, spoiled: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(spoiled)
    assert registry.reload.look() == set()
    assert names(registry) == ["a"]
    [told] = registry.reload.spoiled
    assert told.startswith("schema Cat 1 is as it was before: ")
    assert "is as it was before" in caplog.text
    file.write_text(text(b={}))
    assert registry.reload.look() == {CAT}
    assert registry.reload.spoiled == []


def test_a_new_file_is_known_though_a_line_named_it_before(registry: Registry, file: Path) -> None:
    new = SchemaKey("Cat", 2)
    assert registry.state(new).kind is Kind.MISSING
    file.with_name("2.json").write_text(text(a={}))
    assert registry.state(new).kind is Kind.MISSING
    assert registry.reload.look() == {new}
    assert registry.state(new).kind is Kind.FOUND


def test_a_file_that_is_gone_for_a_moment_is_not_missed(registry: Registry, file: Path) -> None:
    file.unlink()
    assert registry.reload.look() == set()
    assert names(registry) == ["a"]
    file.write_text(text(b={}))
    assert registry.reload.look() == {CAT}
    file.unlink()
    assert registry.reload.look() == set()
    assert registry.reload.look() == {CAT}
    assert registry.state(CAT).kind is Kind.MISSING


def test_a_folder_that_is_away_takes_no_schema_with_it(registry: Registry, file: Path) -> None:
    folder = file.parents[1]
    folder.rename(folder.with_name("away"))
    assert [registry.reload.look() for _ in range(3)] == [set()] * 3
    assert names(registry) == ["a"]


def test_the_folder_is_looked_at_once_a_second_or_at_once(
    registry: Registry, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 60.0)
    registry.reload.look()
    file.write_text(text(b={}))
    assert registry.reload.look() == set()
    assert registry.reload.look(at_once=True) == {CAT}


def test_other_files_and_names_count_for_nothing(registry: Registry, file: Path) -> None:
    for name in ("x.json", "0.json", "1.json.bak", "1.txt"):
        file.with_name(name).write_text(text())
    (file.parents[1] / "a b").mkdir()
    (file.parents[1] / "a b" / "1.json").write_text(text())
    assert registry.reload.look() == set()


def test_where_it_is_off_a_schema_stays_as_it_was_read(file: Path) -> None:
    registry = Registry(replace(Schemas(), folder=str(file.parents[1])))
    assert names(registry) == ["a"]
    file.write_text(text(b={}))
    assert registry.reload.look(at_once=True) == set()
    assert names(registry) == ["a"]
