"""The commit log: exclusive, recoverable, and not growing for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.errors import LaneLost
from elfaust.sinks.commits import KEPT, CommitLog, Progress
from elfaust.storage import LocalStorage


def commit(log: CommitLog, storage: LocalStorage, root: Path, number: int) -> None:
    final = f"{root}/files/{number}"
    storage.write(log.temporary(0), b"%d" % number)
    log.commit([(log.temporary(0), final)], Progress({"t": number}, {"t": {"raw": number}}))


def test_a_lane_goes_on_from_its_last_commit(tmp_path: Path) -> None:
    storage = LocalStorage()
    log = CommitLog(storage, str(tmp_path), 1)
    assert log.recover() == Progress()
    for number in range(1, 9):
        commit(log, storage, tmp_path, number)
    assert CommitLog(storage, str(tmp_path), 1).recover() == Progress({"t": 8}, {"t": {"raw": 8}})
    assert len(storage.list(f"{tmp_path}/files")) == 8
    assert len(storage.list(f"{tmp_path}/_commits/lane=1")) == KEPT + 1


def test_a_number_is_taken_once(tmp_path: Path) -> None:
    storage = LocalStorage()
    first, second = (CommitLog(storage, str(tmp_path), 1) for _ in range(2))
    first.recover()
    second.recover()
    commit(first, storage, tmp_path, 1)
    with pytest.raises(LaneLost):
        commit(second, storage, tmp_path, 2)


def test_an_answer_that_was_lost_is_no_lost_lane(tmp_path: Path) -> None:
    class LosesAnswers(LocalStorage):
        def rename(self, source: str, target: str) -> bool:
            super().rename(source, target)
            return False

    storage = LosesAnswers()
    log = CommitLog(storage, str(tmp_path), 1)
    log.recover()
    commit(log, storage, tmp_path, 1)
    assert storage.read(f"{tmp_path}/files/1") == b"1"
