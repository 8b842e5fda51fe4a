"""Files on HDFS through WebHDFS, or HttpFS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from hdfs import InsecureClient
from hdfs.util import HdfsError

from elfaust.errors import FolderTrouble, ServerAway
from elfaust.settings import Hdfs
from elfaust.storage.base import StoredFile
from elfaust.words.http import asked, why

T = TypeVar("T")
#: Errors that HDFS has for whatever is asked of it. Any other error is about the folder asked of.
OF_SERVER = (
    "SafeModeException",
    "StandbyException",
    "RetriableException",
    "SecurityException",
    "IOException",
    None,
)
#: How HDFS says that the target of a rename exists, or its source does not.
NOT_RENAMED = ("FileAlreadyExistsException", "FileNotFoundException")


class WebHdfsStorage:
    """HDFS through WebHDFS."""

    def __init__(self, settings: Hdfs) -> None:
        self._url = settings.url
        #: Folders known to exist: an hour's folder takes the files of many flushes.
        self._made: set[str] = set()
        session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=max(10, 2 * settings.writers))
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self._client = InsecureClient(
            settings.url, user=settings.user, timeout=settings.timeout, session=session
        )

    def write(self, path: str, data: bytes) -> None:
        """Write a file; replace one that exists."""
        self._ask(path, lambda: self._client.write(path, data=data, overwrite=True))

    def make_folder(self, path: str) -> None:
        """Make a folder, if there is none."""

        def make() -> None:
            try:
                self._client.makedirs(path)
            except HdfsError as error:
                if getattr(error, "exception", "") in OF_SERVER:
                    raise
                raise FolderTrouble(path, str(error)) from error

        if path not in self._made:
            self._ask(path, make)
            self._made.add(path)

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._read(path)

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """Return some of a file's bytes."""
        # HDFS refuses to read nothing.
        return self._read(path, offset=start, length=length) if length > 0 else b""

    def _read(self, path: str, **part: int) -> bytes:
        def read() -> bytes:
            with self._client.read(path, **part) as reader:
                data: bytes = reader.read()
                return data

        return self._ask(path, read)

    def rename(self, source: str, target: str) -> bool:
        """Rename a file; HDFS refuses where the target exists."""
        folder = target.rpartition("/")[0]
        if folder not in self._made:
            self._ask(folder, lambda: self._client.makedirs(folder))
            self._made.add(folder)

        def rename() -> bool:
            try:
                # Without options HDFS moves a file into a folder that has the target's name.
                answer = self._client._rename(source, destination=target, renameoptions="NONE")
            except HdfsError as error:
                if getattr(error, "exception", "") in NOT_RENAMED or self._is_folder(target):
                    return False
                raise
            # HttpFS knows no options and answers as it does without.
            return not answer.content or bool(answer.json()["boolean"])

        return self._ask(source, rename)

    def _is_folder(self, path: str) -> bool:
        status = self._client.status(path, strict=False)
        return status is not None and status["type"] == "DIRECTORY"

    def exists(self, path: str) -> bool:
        """Return whether there is such a file or folder."""
        return self._ask(path, lambda: self._client.status(path, strict=False)) is not None

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder."""
        if not self._ask(path, lambda: self._is_folder(path)):
            return []
        return sorted(self._ask(path, lambda: self._client.list(path)))

    def folders(self, path: str) -> dict[str, int]:
        """Return when each folder in a folder was changed, by name."""
        return {
            status["pathSuffix"]: status["modificationTime"]
            for status in self._inside(path)
            if status["type"] == "DIRECTORY"
        }

    def files(self, path: str) -> dict[str, int]:
        """Return how many bytes each file in a folder has, by name."""
        return {
            status["pathSuffix"]: status["length"]
            for status in self._inside(path)
            if status["type"] == "FILE"
        }

    def _inside(self, path: str) -> Sequence[dict[str, Any]]:
        try:
            # Its public method asks twice where a folder has one member, as most of hours have.
            answer = self._ask(path, lambda: self._client._list_status(path))
        except FileNotFoundError:
            return []
        return [of for of in answer.json()["FileStatuses"]["FileStatus"] if of["pathSuffix"]]

    def count_folders(self, path: str) -> int:
        """Return how many folders there are below a folder; HDFS counts the folder itself."""
        summary = self._ask(path, lambda: self._client.content(path, strict=False))
        return max(0, summary["directoryCount"] - 1) if summary else 0

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder."""
        if not self._ask(path, lambda: self._is_folder(path)):
            if self.exists(path):
                yield path
            return
        yield from (file.path for file in self._files(path))

    def walk_files(self, path: str) -> Iterator[StoredFile]:
        """Yield all files below a folder."""
        if self._ask(path, lambda: self._is_folder(path)):
            yield from self._files(path)

    def _files(self, path: str) -> Iterator[StoredFile]:
        try:
            inside = self._ask(path, lambda: self._client.list(path, status=True))
        except FileNotFoundError:
            # Deleted since its folder was listed.
            return
        for name, status in inside:
            inner = f"{path.rstrip('/')}/{name}"
            if status["type"] == "DIRECTORY":
                yield from self._files(inner)
            else:
                size, modified = status.get("length", 0), status.get("modificationTime", 0)
                yield StoredFile(inner, size, modified)

    def delete(self, path: str) -> None:
        """Delete a file or a folder."""
        self._ask(path, lambda: self._client.delete(path, recursive=True))
        self._made.clear()

    def _ask(self, path: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except (requests.RequestException, OSError) as error:
            raise ServerAway(self._server(error), why(error)) from error
        except HdfsError as error:
            if getattr(error, "exception", "") == "FileNotFoundException":
                raise FileNotFoundError(path) from error
            # Safe mode, a quota, missing rights: not the fault of what is written.
            raise ServerAway(f"HDFS {self._url}", why(error)) from error

    def _server(self, error: Exception) -> str:
        """Return who did not answer: a NameNode sends those who read and write to a DataNode."""
        host = asked(error)
        of_namenodes = {urlsplit(url).netloc for url in self._url.split(";")}
        if not host or host in of_namenodes:
            return f"HDFS {self._url}"
        return f"DataNode {host} of HDFS {self._url}"
