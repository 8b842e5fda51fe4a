"""Files in a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from elfaust.errors import FolderTrouble, ServerAway
from elfaust.storage.base import StoredFile


@contextmanager
def _disk(path: str) -> Iterator[None]:
    """Raise ServerAway when the disk is full or cannot be written: it is waited for."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ServerAway(f"the disk of {path}", str(error)) from error


class LocalStorage:
    """A folder of this machine."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file; replace one that exists."""
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

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """Return bytes of a file."""
        with _disk(path), Path(path).open("rb") as file:
            file.seek(start)
            return file.read(length)

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
        """Return whether there is such a file or folder."""
        with _disk(path):
            return Path(path).exists()

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder."""
        folder = Path(path)
        with _disk(path):
            return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []

    def folders(self, path: str) -> dict[str, int]:
        """Return when each folder in a folder was changed, by name."""
        with _disk(path):
            return {of.name: of.stat().st_mtime_ns for of in _inside(path) if of.is_dir()}

    def files(self, path: str) -> dict[str, int]:
        """Return how many bytes each file in a folder has, by name."""
        with _disk(path):
            return {of.name: of.stat().st_size for of in _inside(path) if of.is_file()}

    def count_folders(self, path: str) -> int:
        """Return how many folders there are below a folder."""
        with _disk(path):
            return sum(len(folders) for _, folders, _ in os.walk(path))

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder."""
        with _disk(path):
            if Path(path).is_file():
                yield path
            for file in sorted(Path(path).rglob("*")):
                if file.is_file():
                    yield str(file)

    def walk_files(self, path: str) -> Iterator[StoredFile]:
        """Yield all files below a folder."""
        with _disk(path):
            for folder, _, names in sorted(os.walk(path)):
                for name in sorted(names):
                    file = Path(folder, name)
                    # One that goes meanwhile is left out.
                    with suppress(FileNotFoundError):
                        stat = file.stat()
                        yield StoredFile(str(file), stat.st_size, stat.st_mtime_ns // 1_000_000)

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


def _inside(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as inside:
            return list(inside)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except FileNotFoundError:
        return False
