"""WebHDFS answers of files and folders, without a server; tests/integration has the real one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hdfs.util import HdfsError

from elfaust.errors import ServerAway
from elfaust.settings import Hdfs
from elfaust.storage import StoredFile, open_storage
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
        return [("x", {"type": "FILE", "length": 7, "modificationTime": 9})] if status else ["x"]


def test_a_file_where_a_folder_is_expected_is_no_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("elfaust.storage.webhdfs.InsecureClient", lambda *_, **__: NameNode())
    storage = WebHdfsStorage(Hdfs())
    assert list(storage.walk("/r")) == list(storage.walk("/r/x")) == ["/r/x"]
    assert [storage.list(path) for path in ("/r", "/r/x", "/r/y")] == [["x"], [], []]
    assert list(storage.walk("/r/y")) == []
    assert list(storage.walk_files("/r/y")) == []
    assert list(storage.walk_files("/r")) == [StoredFile("/r/x", 7, 9)]


class Vanishing(NameNode):
    """HDFS's client, where a folder is deleted once it was listed; each folder is asked of once."""

    def list(self, path: str, status: bool = False) -> list[Any]:
        if path == "/r":
            return [(name, {"type": "DIRECTORY"}) for name in "ab"]
        if path == "/r/a":
            raise HdfsError("gone", exception="FileNotFoundException")
        return [("x", {"type": "FILE"})]


def test_a_folder_that_goes_while_others_are_walked_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("elfaust.storage.webhdfs.InsecureClient", lambda *_, **__: Vanishing())
    assert list(WebHdfsStorage(Hdfs()).walk("/r")) == ["/r/b/x"]


@pytest.mark.parametrize(
    ("asked", "server"),
    [
        ("http://10.0.0.1:9870/webhdfs/v1/r/x?op=OPEN", "HDFS http://10.0.0.1:9870"),
        ("http://10.0.0.7:9864/webhdfs/v1/r/x?op=OPEN", "DataNode 10.0.0.7:9864 of HDFS http"),
        (None, "HDFS http://10.0.0.1:9870"),
    ],
)
def test_who_did_not_answer_is_named_in_a_few_words(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, server: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        reason = "HTTPConnection(host='h', port=1): Failed to establish: [Errno 111] refused"
        cause = SimpleNamespace(reason=reason)
        request = requests.Request("GET", asked).prepare() if asked else None
        raise requests.ConnectionError(cause, request=request)

    client = SimpleNamespace(status=refuse)
    monkeypatch.setattr("elfaust.storage.webhdfs.InsecureClient", lambda *_, **__: client)
    with pytest.raises(ServerAway) as raised:
        WebHdfsStorage(Hdfs(url="http://10.0.0.1:9870")).exists("/r/x")
    assert raised.value.server.startswith(server)
    assert raised.value.detail == "[Errno 111] refused"


def test_of_a_long_answer_of_java_the_first_line_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise HdfsError("could only be written to 0 nodes\n\tat org.apache.hadoop.a\n\tat b")

    client = SimpleNamespace(status=refuse)
    monkeypatch.setattr("elfaust.storage.webhdfs.InsecureClient", lambda *_, **__: client)
    with pytest.raises(ServerAway) as raised:
        WebHdfsStorage(Hdfs()).exists("/r/x")
    assert raised.value.detail == "could only be written to 0 nodes"


def test_the_settings_choose_the_storage() -> None:
    assert isinstance(open_storage(Hdfs(storage="local")), LocalStorage)
    assert isinstance(open_storage(Hdfs()), WebHdfsStorage)
