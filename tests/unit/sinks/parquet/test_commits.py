"""The commit log: exclusive, recoverable, and not growing for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.errors import CommitTorn, LaneLost
from elfaust.sinks.parquet.commit_files import Commit, Progress, to_bytes
from elfaust.sinks.parquet.commits import KEPT, CommitLog
from elfaust.storage.local import LocalStorage


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
    assert len(storage.list(f"{tmp_path}/_commits/lane=1")) == KEPT + 1
    assert CommitLog(storage, str(tmp_path), 1).recover() == Progress({"t": 8}, {"t": {"raw": 8}})
    assert len(storage.list(f"{tmp_path}/files")) == 8


def test_who_takes_a_lane_over_shuts_its_last_owner_out(tmp_path: Path) -> None:
    storage = LocalStorage()
    first, second = (CommitLog(storage, str(tmp_path), 1) for _ in range(2))
    first.recover()
    storage.write(first.temporary(0), b"1")
    second.recover()
    commit(second, storage, tmp_path, 2)
    with pytest.raises(LaneLost):
        commit(first, storage, tmp_path, 1)
    assert storage.list(f"{tmp_path}/files") == ["2"]
    assert storage.list(f"{tmp_path}/_temporary/lane=1") == []


def test_a_number_whose_commit_is_forgotten_is_taken_no_more(tmp_path: Path) -> None:
    storage = LocalStorage()
    zombie, owner = (CommitLog(storage, str(tmp_path), 1) for _ in range(2))
    zombie.recover()
    storage.write(zombie.temporary(0), b"1")
    owner.recover()
    for number in range(2, 9):
        commit(owner, storage, tmp_path, number)
    with pytest.raises(LaneLost):
        commit(zombie, storage, tmp_path, 1)
    commit(owner, storage, tmp_path, 9)
    assert storage.list(f"{tmp_path}/files") == [str(number) for number in range(2, 10)]


def test_files_of_the_next_owner_are_not_dropped(tmp_path: Path) -> None:
    class Overtaken(LocalStorage):
        """Has another owner take the lane over while this one looks for files to drop."""

        def list(self, path: str) -> list[str]:
            if path.endswith("_temporary/lane=1"):
                late.recover()
                LocalStorage().write(late.temporary(0), b"1")
            return super().list(path)

    late = CommitLog(LocalStorage(), str(tmp_path), 1)
    CommitLog(Overtaken(), str(tmp_path), 1).recover()
    commit(late, LocalStorage(), tmp_path, 1)
    assert LocalStorage().list(f"{tmp_path}/files") == ["1"]


def test_a_file_that_somebody_removed_does_not_shut_the_lane(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = LocalStorage()
    log = CommitLog(storage, str(tmp_path), 1)
    log.recover()
    commit(log, storage, tmp_path, 1)
    storage.delete(f"{tmp_path}/files/1")
    assert CommitLog(storage, str(tmp_path), 1).recover().offsets == {"t": 1}
    assert "files/1" in caplog.text


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


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_stands_in_a_files_way_loses_no_events(
    tmp_path: Path, is_folder: bool, caplog: pytest.LogCaptureFixture
) -> None:
    storage = LocalStorage()
    log = CommitLog(storage, str(tmp_path), 1)
    log.recover()
    in_the_way = f"{tmp_path}/files/1"
    storage.write(f"{in_the_way}/inner" if is_folder else in_the_way, b"not ours")
    commit(log, storage, tmp_path, 1)
    CommitLog(storage, str(tmp_path), 1).recover()
    [aside] = [name for name in storage.list(f"{tmp_path}/files") if name != "1"]
    assert storage.read(f"{tmp_path}/files/{aside}") == b"1"
    assert f"{in_the_way} is there and not ours" in caplog.text


def test_a_folder_that_is_named_like_a_commit_is_told_by_name(tmp_path: Path) -> None:
    storage = LocalStorage()
    CommitLog(storage, str(tmp_path), 1).recover()
    storage.write(f"{tmp_path}/_commits/lane=1/0000000002.json/inner", b"")
    with pytest.raises(CommitTorn, match=r"0000000002\.json cannot be read.*it is no file"):
        CommitLog(storage, str(tmp_path), 1).recover()


def test_a_commit_after_which_no_number_is_left_is_told_by_name(tmp_path: Path) -> None:
    storage = LocalStorage()
    CommitLog(storage, str(tmp_path), 1).recover()
    last = to_bytes(9_999_999_999, "me", Commit([], Progress()))
    storage.write(f"{tmp_path}/_commits/lane=1/9999999999.json", last)
    with pytest.raises(CommitTorn, match="no commit can follow it"):
        CommitLog(storage, str(tmp_path), 1).recover()
