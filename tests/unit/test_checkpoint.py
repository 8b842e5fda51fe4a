"""A checkpoint comes back as it was, and knows its file again."""

from __future__ import annotations

from pathlib import Path

from elfaust.checkpoint import Checkpoint, load


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "state" / "raw.checkpoint.json"
    assert load(file) is None
    checkpoint = Checkpoint("me", 42, {0: 7, 3: 9})
    checkpoint.save(file)
    assert load(file) == checkpoint
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_is_known_again_though_it_has_grown(tmp_path: Path) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"one\ntwo\n")
    checkpoint = Checkpoint(position=4)
    checkpoint.note_head(file)
    file.write_bytes(b"one\ntwo\nthree\n")
    assert checkpoint.is_of(file)


def test_a_file_that_was_cut_or_replaced_is_another(tmp_path: Path) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"one\ntwo\n")
    checkpoint = Checkpoint(position=8)
    checkpoint.note_head(file)
    file.write_bytes(b"one\n")
    assert not checkpoint.is_of(file)
    file.write_bytes(b"uno\ntwo\nthree\n")
    assert not checkpoint.is_of(file)
