"""What is said of schemas while somebody writes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.dev.said import Said
from elfaust.dev.schemas import Schemas
from elfaust.schema.lookup import reload
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings

GOOD = json.dumps({"properties": {"cat": {"type": "string"}}})
BROKEN = '{"properties":\n  {"cat" 1}}'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.0)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        file = tmp_path / name / "1.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    return write


def watched(folder: Path) -> Schemas:
    own = replace(Settings().schemas, folder=str(folder), reload=True, negative_ttl=60.0)
    return Schemas(replace(Settings(), schemas=own), Registry(own))


def test_what_is_written_is_told_once_with_its_file_and_place(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    file, broken = write("Cat", GOOD), write("Dog", BROKEN)
    schemas = watched(tmp_path)
    [said] = schemas.look()
    assert said.is_trouble
    assert said.text.startswith(f"{broken}: ")
    assert "line 2 column 10" in said.text
    assert len(schemas) == 1
    assert list(schemas.look()) == []
    write("Dog", GOOD + " ")
    write("Cow", GOOD)
    assert {said.text for said in schemas.look()} == {
        f"{broken} was read again",
        f"{tmp_path}/Cow/1.json was read",
    }
    file.write_text(GOOD.replace("string", "number"))
    assert list(schemas.look()) == [Said(f"{file} was read again")]
    file.unlink()
    assert [*schemas.look(), *schemas.look()] == [Said(f"{file} is gone")]


def test_a_file_that_is_spoiled_leaves_the_schema_as_it_was(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    write("Cat", GOOD)
    schemas = watched(tmp_path)
    assert list(schemas.look()) == []
    write("Cat", BROKEN)
    [said] = schemas.look()
    assert said.is_trouble
    assert "schema Cat 1 is as it was before: 1.json is not a schema" in said.text
    assert "line 2 column 10" in said.text
    assert len(schemas) == 1


def test_a_folder_that_is_away_has_removed_nothing(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    write("Cat", GOOD)
    schemas = watched(tmp_path)
    assert list(schemas.look()) == []
    away = tmp_path.rename(tmp_path.with_name("away"))
    tmp_path.touch()
    [said] = [*schemas.look(), *schemas.look(), *schemas.look()]
    assert "is no folder now" in said.text
    assert len(schemas) == 1
    tmp_path.unlink()
    away.rename(tmp_path)
    assert list(schemas.look()) == [Said(f"{tmp_path} is there again")]
    assert list(schemas.look()) == []


async def test_a_change_is_told_while_it_is_watched(
    tmp_path: Path, write: Callable[[str, str], Path]
) -> None:
    schemas, heard = watched(tmp_path), asyncio.Queue[Said]()
    assert list(schemas.look()) == []
    watching = asyncio.create_task(schemas.watch(heard.put_nowait))
    await asyncio.sleep(0)
    file = write("Cat", GOOD)
    assert (await asyncio.wait_for(heard.get(), 5)).text == f"{file} was read"
    watching.cancel()
    await asyncio.wait([watching])
    assert not reload.log.disabled
