"""Where files go: HDFS through WebHDFS, or a local folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import requests
from hdfs import InsecureClient
from hdfs.util import HdfsError

from elfaust.errors import FolderTrouble, ServerAway
from elfaust.settings import Hdfs

T = TypeVar("T")
#: Errors that HDFS has for whatever is asked of it; any other of one folder is that folder's.
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


class Storage(Protocol):
    """Whole files by absolute path. Raises ServerAway when the storage does not answer."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, over what is there; its folders are made."""

    def make_folder(self, path: str) -> None:
        """Make a folder, if there is none; raises FolderTrouble for one that takes no files."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError."""

    def rename(self, source: str, target: str) -> bool:
        """Rename a file, atomically; False if the target exists or the source does not."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder, none where there is no folder of that path."""

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder; of a file, its own."""

    def delete(self, path: str) -> None:
        """Delete a file, or a folder and all in it; nothing where there is none."""


def open_storage(settings: Hdfs) -> Storage:
    """Return the storage that the settings name."""
    return LocalStorage() if settings.storage == "local" else WebHdfsStorage(settings)


@contextmanager
def _disk(path: str) -> Iterator[None]:
    """Take a disk that is full or cannot be written for a server that is away."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ServerAway(f"the disk of {path}", str(error)) from error


class LocalStorage:
    """A folder of this machine."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, over what is there."""
        file = Path(path)
        with _disk(path):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())

    def make_folder(self, path: str) -> None:
        """Make a folder, if there is none."""
        with _disk(path):
            try:
                Path(path).mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError, PermissionError) as error:
                raise FolderTrouble(path, str(error)) from error
            if not os.access(path, os.W_OK | os.X_OK):
                raise FolderTrouble(path, "it cannot be written")

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        with _disk(path):
            try:
                return Path(path).read_bytes()
            except IsADirectoryError as error:
                raise FileNotFoundError(path) from error

    def rename(self, source: str, target: str) -> bool:
        """Rename a file unless the target exists: a link fails where a rename would replace."""
        with _disk(target):
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except FileNotFoundError:
                return False
            except FileExistsError:
                # A process killed between the two steps leaves both names.
                if not _is_same(source, target):
                    return False
            Path(source).unlink(missing_ok=True)
            return True

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        with _disk(path):
            return Path(path).exists()

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder."""
        folder = Path(path)
        with _disk(path):
            return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder."""
        with _disk(path):
            if Path(path).is_file():
                yield path
            for file in sorted(Path(path).rglob("*")):
                if file.is_file():
                    yield str(file)

    def delete(self, path: str) -> None:
        """Delete a file or a folder."""
        file = Path(path)
        with _disk(path):
            if file.is_dir():
                for inner in list(file.iterdir()):
                    self.delete(str(inner))
                file.rmdir()
            else:
                file.unlink(missing_ok=True)


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except FileNotFoundError:
        return False


class WebHdfsStorage:
    """HDFS through WebHDFS."""

    def __init__(self, settings: Hdfs) -> None:
        self._url = settings.url
        #: Folders that exist: an hour's folder takes the files of many flushes.
        self._made: set[str] = set()
        session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=max(10, 2 * settings.writers))
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self._client = InsecureClient(
            settings.url, user=settings.user, timeout=settings.timeout, session=session
        )

    def write(self, path: str, data: bytes) -> None:
        """Write a file, over what is there."""
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

        def read() -> bytes:
            with self._client.read(path) as reader:
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
        """Tell whether there is such a file."""
        return self._ask(path, lambda: self._client.status(path, strict=False)) is not None

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder."""
        if not self._ask(path, lambda: self._is_folder(path)):
            return []
        return sorted(self._ask(path, lambda: self._client.list(path)))

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder."""
        if not self._ask(path, lambda: self._is_folder(path)):
            if self.exists(path):
                yield path
            return
        for name, status in self._ask(path, lambda: self._client.list(path, status=True)):
            inner = f"{path.rstrip('/')}/{name}"
            if status["type"] == "DIRECTORY":
                yield from self.walk(inner)
            else:
                yield inner

    def delete(self, path: str) -> None:
        """Delete a file or a folder."""
        self._ask(path, lambda: self._client.delete(path, recursive=True))
        self._made.clear()

    def _ask(self, path: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except (requests.RequestException, OSError) as error:
            raise ServerAway(f"HDFS {self._url}", str(error)) from error
        except HdfsError as error:
            if getattr(error, "exception", "") == "FileNotFoundException":
                raise FileNotFoundError(path) from error
            # Safe mode, a quota, missing rights: no fault of what is to be written.
            raise ServerAway(f"HDFS {self._url}", str(error)) from error
