"""What the schema wiki told is kept whole, for that wiki alone."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup.cache import SchemaCache

EDIT = SchemaKey("Edit", 7)
META = "https://meta.example/w/api.php"


def test_what_is_kept_is_read_back_and_no_draft_is_left(tmp_path: Path) -> None:
    SchemaCache(tmp_path, META).keep(EDIT, b"{}")
    assert SchemaCache(tmp_path, META).read(EDIT) == b"{}"
    files = [file.name for file in tmp_path.rglob("*") if file.is_file()]
    assert files == ["7.json"]


def test_another_wiki_has_other_revisions(tmp_path: Path) -> None:
    SchemaCache(tmp_path, META).keep(EDIT, b"{}")
    with pytest.raises(OSError, match="No such file"):
        SchemaCache(tmp_path, "https://beta.example/w/api.php").read(EDIT)


def test_a_disk_that_takes_nothing_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "schemas").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        SchemaCache(tmp_path, META).keep(EDIT, b"{}")
    assert "Schema Edit, revision 7 could not be written to the cache" in caplog.text
