"""Losses are known for an hour, after a restart too, and where the disk is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.sources.losses import FILE_BYTES, Losses


def test_a_successor_knows_what_was_lost_within_an_hour(tmp_path: Path) -> None:
    now, lost = 1000.0, {"spool": 0, "kernel": 0}
    losses = Losses(tmp_path / "new" / "lost.json", lambda: lost, lambda: now)
    assert (losses.counts, losses.times) == (lost, {"spool": 0.0, "kernel": 0.0})
    lost = {"spool": 7, "kernel": 0}
    losses.look()
    now = 1010.0
    assert losses.times == {"spool": 1000.0, "kernel": 0.0}
    lost = {"spool": 0, "kernel": 0}
    now = 4599.0
    after = Losses(tmp_path / "new" / "lost.json", lambda: lost, lambda: now)
    assert after.counts == {"spool": 7, "kernel": 0}
    assert after.times == {"spool": 1000.0, "kernel": 0.0}
    lost = {"spool": 0, "kernel": 2}
    assert after.counts == {"spool": 7, "kernel": 2}
    assert after.times == {"spool": 1000.0, "kernel": 4599.0}
    now = 4601.0
    later = Losses(tmp_path / "new" / "lost.json", lambda: lost, lambda: now)
    assert later.counts == {"spool": 0, "kernel": 4}


def test_a_full_disk_takes_what_was_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"spool": 0}
    file = tmp_path / "lost.json"
    losses = Losses(file, lambda: lost)
    before = file.stat()
    assert before.st_size == FILE_BYTES
    # Nothing new can be made on a full disk, and no file grows.
    tmp_path.chmod(0o500)
    lost = {"spool": 3}
    losses.look()
    tmp_path.chmod(0o700)
    after = file.stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, FILE_BYTES)
    assert Losses(file, lambda: {"spool": 0}).counts == {"spool": 3}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"spool": 3}', '{"spool": ["x", 1]}'])
def test_a_file_that_cannot_be_read_counts_nothing(text: str, tmp_path: Path) -> None:
    file = tmp_path / "lost.json"
    file.write_text(text)
    assert Losses(file, lambda: {"spool": 1}).counts == {"spool": 1}


def test_a_disk_that_takes_nothing_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    losses = Losses(tmp_path / "file" / "lost.json", lambda: {"spool": 1})
    losses.look()
    assert losses.counts == {"spool": 1}
    assert "is forgotten at a restart" in caplog.text
