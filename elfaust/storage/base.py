"""What a storage has to do: the contract of WebHDFS and of a local folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class StoredFile(NamedTuple):
    """A file as its folder lists it: its size in bytes, and when it was written, ms."""

    path: str
    size: int
    modified: int


class Storage(Protocol):
    """Complete files by absolute path. Every method raises ServerAway when nothing answers."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file; replace one that exists, and make its folders."""

    def make_folder(self, path: str) -> None:
        """Make a folder, if there is none. Raises FolderTrouble if it takes no files."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises FileNotFoundError."""

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """Return bytes of a file, fewer where it ends before. Raises FileNotFoundError."""

    def rename(self, source: str, target: str) -> bool:
        """Rename a file atomically; False if the target exists or the source does not."""

    def exists(self, path: str) -> bool:
        """Return whether there is such a file or folder."""

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder; none where there is no folder of that path."""

    def folders(self, path: str) -> dict[str, int]:
        """Return when each folder in a folder was changed, by name; none where there is none.

        A folder changes as something is added to it or taken from it, not as what is in it changes.
        Times are numbers that differ, milliseconds or less.
        """

    def files(self, path: str) -> dict[str, int]:
        """Return how many bytes each file in a folder has, by name; none where there is none."""

    def count_folders(self, path: str) -> int:
        """Return how many folders there are below a folder, at any depth; 0 where there is none."""

    def walk(self, path: str) -> Iterator[str]:
        """Yield the paths of all files below a folder; for a file, its own path."""

    def walk_files(self, path: str) -> Iterator[StoredFile]:
        """Yield all files below a folder; none where there is no such folder."""

    def delete(self, path: str) -> None:
        """Delete a file, or a folder and all in it; nothing where there is none."""
