"""Each process has a spool of its own, and what others have left is found once."""

from __future__ import annotations

import shutil
from pathlib import Path

from elfaust.intake.spools import SpoolFolder


def test_what_a_process_has_left_is_found_when_it_has_ended(tmp_path: Path) -> None:
    first = SpoolFolder.made_in(tmp_path)
    first.spool.append(b"line")
    assert not list(SpoolFolder.left_in(tmp_path))
    first.close()
    [found] = SpoolFolder.left_in(tmp_path)
    assert (found.path, found.spool.identity) == (first.path, first.spool.identity)
    assert not list(SpoolFolder.left_in(tmp_path))
    found.remove()
    assert not list(tmp_path.iterdir())


def test_what_died_half_made_or_half_removed_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".new-0123456789ab").mkdir()
    (tmp_path / ".gone-0123456789ab").mkdir()
    (tmp_path / ".gone-0123456789ab" / "identity").touch()
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "a file").touch()
    assert not list(SpoolFolder.left_in(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["a file"]


def test_a_folder_that_was_restored_is_never_appended_to(tmp_path: Path) -> None:
    first = SpoolFolder.made_in(tmp_path / "spool")
    first.spool.append(b"old")
    first.close()
    shutil.copytree(tmp_path / "spool", tmp_path / "copy")
    for folder in ("spool", "copy"):
        own = SpoolFolder.made_in(tmp_path / folder)
        own.spool.append(b"new")
        assert own.spool.identity != first.spool.identity
        [left] = SpoolFolder.left_in(tmp_path / folder)
        assert left.spool.end == len(b"old\n")
        own.close()
        left.close()
