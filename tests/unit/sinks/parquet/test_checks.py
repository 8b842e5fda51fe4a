"""The storage: a local folder, and WebHDFS as a server may answer."""

from __future__ import annotations

import dataclasses
import http.server
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from elfaust.errors import ServerAway
from elfaust.settings import Hdfs, Settings
from elfaust.sinks.parquet import checks
from elfaust.sinks.parquet.checks import LEFT_SECONDS, ask, check_commits, check_left, check_write
from elfaust.storage.local import LocalStorage

DATE = "Mon, 23 Nov 2026 16:02:12 GMT"


def local(root: Path) -> Hdfs:
    return Hdfs(storage="local", root=str(root))


@pytest.fixture
def answers() -> list[tuple[int, str]]:
    """What the NameNode answers, one after the other: a status and a Date."""
    return []


@pytest.fixture
def namenode(answers: list[tuple[int, str]]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, date = answers.pop(0)
            self.send_response_only(status)
            self.send_header("Date", date)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_write_leaves_nothing(tmp_path: Path) -> None:
    check = check_write(local(tmp_path / "data" / "event"))
    assert (check.outcome, check.detail) == ("ok", f"written, read and deleted in {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = check_write(local(tmp_path / "file"))
    assert check.outcome == "fail"
    assert check.detail.startswith("[Errno ")
    assert check.cure.startswith("correct hdfs.root")


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("Name node is in safe mode.\nThe reported blocks", "hdfs dfsadmin -safemode get"),
        ("Permission denied: user=u, access=WRITE", "hdfs dfs -chown elfaust /e"),
        ("The DiskSpace quota of /e is exceeded", "hdfs dfs -count -q /e"),
        ("Failed to find datanode", "hdfs dfsadmin -report"),
    ],
)
def test_what_hdfs_says_picks_the_cure(
    said: str, cure: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Refusing(LocalStorage):
        def exists(self, path: str) -> bool:
            return True

        def write(self, path: str, data: bytes) -> None:
            raise ServerAway("HDFS", said)

    monkeypatch.setattr(checks, "open_storage", lambda _: Refusing())
    check = check_write(Hdfs(root="/e"))
    assert (check.outcome, check.detail) == ("fail", " ".join(said.split()))
    assert cure in check.cure


def test_what_is_read_back_otherwise_is_deleted_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Lossy(LocalStorage):
        def read(self, path: str) -> bytes:
            return super().read(path)[1:]

    monkeypatch.setattr(checks, "open_storage", lambda _: Lossy())
    check = check_write(local(tmp_path))
    assert (check.outcome, check.cure) == ("fail", f"hdfs fsck {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_files_that_nobody_will_commit(tmp_path: Path) -> None:
    assert check_left(local(tmp_path)).outcome == "ok"
    folder = tmp_path / "_temporary" / "lane=0"
    folder.mkdir(parents=True)
    for name, age in (("new", 0.0), ("old", LEFT_SECONDS + 60)):
        (folder / name).touch()
        changed = time.time() - age
        os.utime(folder / name, (changed, changed))
    check = check_left(local(tmp_path))
    assert check.outcome == "warn"
    assert check.detail.startswith("1 files under ")


def test_a_torn_commit_is_told_with_its_lane(tmp_path: Path) -> None:
    assert check_commits(local(tmp_path)).outcome == "ok"
    folder = tmp_path / "_commits" / "lane=3"
    folder.mkdir(parents=True)
    (folder / "0000000001.json").write_bytes(b"")
    check = check_commits(local(tmp_path))
    assert check.outcome == "fail"
    assert "lane=3/0000000001.json (0 bytes: " in check.detail
    assert "A torn commit file" in check.cure
    (folder / "0000000002.json").write_text('{"files":[],"offsets":{},"positions":{}}')
    assert check_commits(local(tmp_path)).outcome == "ok"


def test_a_namenode_says_its_time(namenode: str, answers: list[tuple[int, str]]) -> None:
    # A NameNode sends it twice, in one header.
    answers += [(200, f"{DATE}, {DATE}")]
    assert ask(Hdfs(url=namenode + "/")).there == 1795449732.0


def test_the_first_namenode_that_serves_is_asked(
    namenode: str, answers: list[tuple[int, str]]
) -> None:
    answers += [(403, DATE), (200, DATE)]
    ask(Hdfs(url=f"http://127.0.0.1:1;{namenode};{namenode}"))
    assert answers == []


@pytest.mark.parametrize(
    ("status", "date", "said"),
    [
        (403, DATE, "answers 403 Forbidden"),
        (200, "today", "no date in its answer"),
    ],
)
def test_a_namenode_that_does_not_serve(
    namenode: str, answers: list[tuple[int, str]], status: int, date: str, said: str
) -> None:
    answers += [(status, date)]
    with pytest.raises(ServerAway, match=said):
        ask(Hdfs(url=namenode))


def test_a_local_folder_has_no_server_and_no_clock(tmp_path: Path) -> None:
    settings = dataclasses.replace(Settings(), hdfs=local(tmp_path))
    subject = checks.subject(settings)
    names = [check.name for check in subject.checks(settings)]
    assert names == [subject.name, *subject.others]
