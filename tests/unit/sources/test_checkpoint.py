"""A checkpoint comes back as it was, and knows its file again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elfaust.errors import CheckpointTorn
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
    checkpoint = Checkpoint("0123456789ab", 42, True, {0: 7, 3: 9}, 4, before=["1:2"])
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


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"[]", b"{}", b"null", b"[" * 100_000, b'{"offsets": {"a": 1}}'),
        *(b'{"offsets": {"0": "1"}}', b'{"offsets": {}, "position": "x"}'),
        *(b'{"offsets": {}, "later": 1}', b'{"offsets": {}, "identity": "a:b"}'),
    ],
)
def test_what_is_no_checkpoint_is_told_by_name(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "raw.checkpoint.json"
    file.write_bytes(body)
    with pytest.raises(CheckpointTorn, match=r"raw\.checkpoint\.json cannot be read.*cure:"):
        load(file)


def test_a_folder_in_a_checkpoints_place_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(CheckpointTorn):
        load(tmp_path)
