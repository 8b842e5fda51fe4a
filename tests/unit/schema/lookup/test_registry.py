"""Schemas from the folder, found once, missed once."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from pathlib import Path

import pytest

from elfaust.errors import SchemaAway
from elfaust.records import SchemaKey
from elfaust.schema.lookup import registry as registry_module
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.schema.lookup.registry import Kind, Registry
from tests.unit.schema.lookup.played import (
    EDIT,
    EVENT,
    Wiki,
    put,
    settings,
    until,
)


def test_a_file_that_appears_later_is_noticed(tmp_path: Path) -> None:
    registry = Registry(dataclasses.replace(settings(tmp_path), negative_ttl=0.0))
    assert registry.get(EDIT) is None
    put(tmp_path, json.dumps(EVENT))
    found = registry.get(EDIT)
    assert found is not None
    assert found.event == EVENT
    assert registry.known() == [EDIT]


@pytest.mark.parametrize("name", ["../Edit", "..", "Edit/7", "", "x" * 64, "Edit\n"])
def test_names_that_are_no_names_never_reach_a_path(tmp_path: Path, name: str) -> None:
    put(tmp_path, json.dumps(EVENT))
    assert Registry(settings(tmp_path / "Edit")).get(SchemaKey(name, 7)) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": "string"}', '{"properties": 1}'])
def test_a_file_that_is_no_schema_leaves_it_unknown(tmp_path: Path, text: str) -> None:
    put(tmp_path, text)
    registry = Registry(settings(tmp_path))
    assert registry.get(EDIT) is None
    reason = registry.reason(EDIT)
    assert "not a schema" in reason or "cannot be validated by it" in reason
    assert registry.state(EDIT).is_broken == ("not a schema" in reason)


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    put(tmp_path, "")
    (tmp_path / "Edit" / "7.json").write_text(json.dumps(EVENT), encoding="utf-16")
    reason = Registry(settings(tmp_path)).reason(EDIT)
    assert reason == "7.json is not a schema: not UTF-8: byte 0xff is no character"


async def test_the_first_look_at_a_made_up_name_is_the_last_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, looks = Registry(settings(tmp_path)), 0
    read = SchemaFolder.read

    def counted(folder: SchemaFolder, key: SchemaKey) -> bytes | None:
        nonlocal looks
        looks += 1
        return read(folder, key)

    monkeypatch.setattr(SchemaFolder, "read", counted)
    for _ in range(5):
        assert registry.state(EDIT).kind is Kind.MISSING
    assert looks == 1


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO, errno.ESTALE])
@pytest.mark.usefixtures("quick")
async def test_a_folder_that_cannot_be_read_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    put(tmp_path, json.dumps(EVENT))
    monkeypatch.setattr(registry_module, "LEAST_SECONDS", 0.05)
    registry = Registry(settings(tmp_path))

    def broken(*_: object) -> bytes | None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(SchemaFolder, "read", broken)
        await registry.resolve([EDIT])
        state = registry.state(EDIT)
        assert state.kind is Kind.ASKING
        assert os.strerror(number) in state.reason
        with pytest.raises(SchemaAway, match=os.strerror(number)):
            registry.find(EDIT)
    await until(lambda: registry.get(EDIT) is not None)


def test_a_folder_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    state = Registry(settings(tmp_path / "unmounted")).state(EDIT)
    assert state.kind is Kind.ASKING
    assert "is not there" in state.reason


@pytest.mark.parametrize(
    "key",
    [
        SchemaKey("Edit", int("9" * 301)),
        SchemaKey("Edit", 2**63),
        SchemaKey("Edit", 0),
        SchemaKey("Edit", -7),
        SchemaKey("LICENSE", 7),
        SchemaKey("Edit", 3),
        SchemaKey("..", 7),
        SchemaKey(".git", 7),
        SchemaKey("a\0b", 7),
        SchemaKey("Edit", 2**63 - 1),
        SchemaKey("Edit", 4),
    ],
)
async def test_what_no_file_can_be_is_missing(tmp_path: Path, wiki: Wiki, key: SchemaKey) -> None:
    put(tmp_path, json.dumps(EVENT))
    (tmp_path / "LICENSE").write_text("mine")
    (tmp_path / "Edit" / "3.json").mkdir()
    (tmp_path / "3.json").mkdir()
    # A pipe waits for who writes to it.
    os.mkfifo(tmp_path / "Edit" / "4.json")
    (tmp_path / "Edit" / f"{2**64}.json").write_text("{}")
    registry = Registry(settings(tmp_path))
    assert registry.state(key).kind is Kind.MISSING
    assert registry.known() == [SchemaKey("Edit", 3), SchemaKey("Edit", 4), EDIT]
    with pytest.raises(SchemaAway):
        registry.find(key)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (b'{"properties": {"a": {"type": "string\xff"}}}', Kind.MISSING),
        (b'{"a":' * 100_000, Kind.MISSING),
        (b"\0" * 100, Kind.MISSING),
        (b'{"error": {"code": "nosuchrevid"}}', Kind.MISSING),
        (b'{"properties": {"a\\u0000b": {"type": "string"}}}', Kind.FOUND),
        (b'{"properties": []}', Kind.UNFIT),
        (b'{"properties": {"a": {"$ref": "file:///etc/passwd"}}}', Kind.UNFIT),
        (b'{"$schema": "http://json-schema.org/draft-07/schema#", "required": 5}', Kind.UNFIT),
        (b'{"properties": ' + b'{"properties": ' * 500 + b"{}" + b"}" * 501, Kind.UNFIT),
    ],
)
def test_a_file_that_nobody_can_judge_by_ends_nothing(
    tmp_path: Path, event: bytes, kind: Kind
) -> None:
    put(tmp_path, "")
    (tmp_path / "Edit" / "7.json").write_bytes(event)
    assert Registry(settings(tmp_path)).state(EDIT).kind is kind


def test_a_schema_on_which_elfaust_fails_is_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("nobody foresaw this")

    monkeypatch.setattr("elfaust.schema.lookup.state.CapsuleValidator", broken)
    put(tmp_path, json.dumps(EVENT))
    state = Registry(settings(tmp_path)).state(EDIT)
    assert state.kind is Kind.UNFIT
    assert "nobody foresaw this" in state.reason


def test_names_without_end_are_not_remembered_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "MAX_RECENT", 10)
    read, reads = SchemaFolder.read, list[int]()

    def noted(folder: SchemaFolder, key: SchemaKey) -> bytes | None:
        reads.append(key.revision)
        return read(folder, key)

    monkeypatch.setattr(SchemaFolder, "read", noted)
    registry = Registry(settings(tmp_path))
    for revision in [*range(1, 26), *range(16, 26), 15]:
        registry.state(SchemaKey("Edit", revision))
    assert reads == [*range(1, 26), 15]
