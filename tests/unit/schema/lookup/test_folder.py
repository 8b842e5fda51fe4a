"""The folder of schemas: that of the settings, and the package's examples where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.settings import Schemas
from tests import REPOSITORY


def test_the_default_folder_that_is_not_there_is_that_of_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert SchemaFolder(Schemas().folder).path == REPOSITORY / "schemas"
    (tmp_path / "schemas" / "Word").mkdir(parents=True)
    (tmp_path / "schemas" / "Word" / "1.json").write_text("{}")
    assert SchemaFolder(Schemas().folder).known() == [SchemaKey("Word", 1)]


@pytest.mark.parametrize("folder", ["elsewhere", "/no/schemas"])
def test_a_folder_that_is_named_is_looked_for_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert SchemaFolder(folder).path == Path(folder)
    assert SchemaFolder(folder).known() == []
