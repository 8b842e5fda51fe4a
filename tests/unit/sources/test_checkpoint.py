"""A checkpoint comes back as it was, and knows its file again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elfaust.sources.checkpoint import Checkpoint, load, mark


def is_of(checkpoint: Checkpoint, file: Path) -> bool:
    handle = os.open(file, os.O_RDONLY)
    try:
        return checkpoint.is_of(handle)
    finally:
        os.close(handle)


def noted(file: Path, position: int) -> Checkpoint:
    handle = os.open(file, os.O_RDONLY)
    checkpoint = Checkpoint(position=position)
    checkpoint.note(mark(handle, position))
    os.close(handle)
    return checkpoint


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "state" / "raw.checkpoint.json"
    assert load(file) is None
    checkpoint = Checkpoint("me", 42, True, {0: 7, 3: 9}, 4, before=["1:2"])
    checkpoint.save(file)
    assert load(file) == checkpoint
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_is_known_again_though_it_has_grown(tmp_path: Path) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"one\ntwo\n")
    checkpoint = noted(file, 4)
    file.write_bytes(b"one\ntwo\nthree\n")
    assert is_of(checkpoint, file)


@pytest.mark.parametrize("data", [b"one\n", b"x" + b"o" * 9_999, b"o" * 9_999 + b"x"])
def test_a_file_that_was_cut_or_replaced_is_another(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "raw.log"
    file.write_bytes(b"o" * 10_000)
    checkpoint = noted(file, 10_000)
    file.write_bytes(b"o" * 10_000 + b"more")
    assert is_of(checkpoint, file)
    file.write_bytes(data)
    assert not is_of(checkpoint, file)
