"""WebHDFS answers of files and folders, without a server; tests/integration has the real one."""

from __future__ import annotations

from typing import Any

import pytest
from hdfs.util import HdfsError

from elfaust.settings import Hdfs
from elfaust.storage import open_storage
from elfaust.storage.local import LocalStorage
from elfaust.storage.webhdfs import WebHdfsStorage


class NameNode:
    """HDFS's client, of one file in one folder."""

    def status(self, path: str, strict: bool = True) -> dict[str, str] | None:
        kinds = {"/r": "DIRECTORY", "/r/x": "FILE"}
        return {"type": kinds[path]} if path in kinds else None

    def list(self, path: str, status: bool = False) -> list[Any]:
        if path != "/r":
            raise HdfsError(f"{path!r} is not a directory.")
        return [("x", {"type": "FILE"})] if status else ["x"]


def test_a_file_where_a_folder_is_expected_is_no_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("elfaust.storage.webhdfs.InsecureClient", lambda *_, **__: NameNode())
    storage = WebHdfsStorage(Hdfs())
    assert list(storage.walk("/r")) == list(storage.walk("/r/x")) == ["/r/x"]
    assert [storage.list(path) for path in ("/r", "/r/x", "/r/y")] == [["x"], [], []]
    assert list(storage.walk("/r/y")) == []


def test_the_settings_choose_the_storage() -> None:
    assert isinstance(open_storage(Hdfs(storage="local")), LocalStorage)
    assert isinstance(open_storage(Hdfs()), WebHdfsStorage)
