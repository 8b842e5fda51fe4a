"""Commit files: what is none is told by its name, and ends nobody who looks."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import CommitTorn
from elfaust.sinks.parquet.commit_files import (
    Commit,
    Progress,
    read_commit,
    to_bytes,
    torn,
    unfinished,
)
from elfaust.sinks.parquet.commits import CommitLog
from elfaust.storage.local import LocalStorage

COMMIT = Commit([("/t/1", "/f/1")], Progress({"t": 7}, {"t": {"raw": 6}}))
WHOLE = to_bytes(3, "me", COMMIT)


class Holds(LocalStorage):
    """A storage whose files all hold the same."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, path: str) -> bytes:
        return self._body


def test_a_commit_comes_back() -> None:
    assert read_commit(Holds(WHOLE), "c") == COMMIT


@given(st.integers(0, len(WHOLE) - 1))
def test_a_commit_that_is_cut_anywhere_is_torn(length: int) -> None:
    with pytest.raises(CommitTorn, match="c cannot be read"):
        read_commit(Holds(WHOLE[:length]), "c")


@given(st.binary())
def test_what_is_no_commit_is_torn(body: bytes) -> None:
    with pytest.raises(CommitTorn):
        read_commit(Holds(body), "c")


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": None},
        {"files": [["/t/1"]]},
        {"files": [["/t/1", 2]]},
        {"files": "ab"},
        {"offsets": []},
        {"offsets": {"t": "7"}},
        {"offsets": {"t": True}},
        {"positions": {"t": 7}},
        {"positions": {"t": {"raw": None}}},
        {"positions": {"t": {"raw": 6.0}}},
    ],
)
def test_json_of_another_shape_is_torn(wrong: dict[str, object]) -> None:
    for body in ({**orjson.loads(WHOLE), **wrong}, [orjson.loads(WHOLE)], None):
        with pytest.raises(CommitTorn):
            read_commit(Holds(orjson.dumps(body)), "c")


def test_a_torn_commit_is_left_as_it_is_and_told(tmp_path: Path) -> None:
    storage, root = LocalStorage(), str(tmp_path)
    CommitLog(storage, root, 1).recover()
    last = f"{root}/_commits/lane=2/0000000004.json"
    storage.write(last, WHOLE[:20])
    storage.write(f"{root}/_temporary/lane=2/0000000004-me-000000.parquet", b"1")
    with pytest.raises(CommitTorn, match=r"lane=2/0000000004\.json"):
        CommitLog(storage, root, 2).recover()
    assert storage.read(last) == WHOLE[:20]
    assert [error.path for error in torn(storage, root)] == [last]
    assert unfinished(storage, root) == [f"{root}/_temporary/lane=2/0000000004-me-000000.parquet"]


def test_other_files_among_commits_are_nobodys(tmp_path: Path) -> None:
    storage, root = LocalStorage(), str(tmp_path)
    CommitLog(storage, root, 1).recover()
    for name in ("_copy.json", "zzz.json", "0000000009.json.bak", "12.json"):
        storage.write(f"{root}/_commits/lane=1/{name}", b"?")
    (tmp_path / "_commits" / "lane=9").mkdir()
    log = CommitLog(storage, root, 1)
    log.recover()
    log.commit([], Progress({"t": 1}))
    assert CommitLog(storage, root, 1).recover() == Progress({"t": 1})
    assert not torn(storage, root)
    assert not unfinished(storage, root)
