"""The Parquet files as a filesystem of fsspec that opens for reading alone.

Whatever reads by it, pyarrow here, has no other way to the files: there is none that writes.
"""

from __future__ import annotations

import io
from typing import Any

from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from elfaust.errors import ServerAway
from elfaust.storage import Storage, StoredFile

#: Files up to this size are fetched whole: a request costs more than their bytes.
WHOLE_BYTES = 4_000_000


class ReadOnlyFiles(AbstractFileSystem):  # type: ignore[misc]
    """The files of a listing, by their absolute paths; all else is not there.

    `trouble` is the last error of the storage: a library between may turn it into one of its own.
    """

    protocol = "elfaust"
    cachable = False

    def __init__(self, storage: Storage) -> None:
        super().__init__(skip_instance_cache=True)
        self._storage = storage
        self._files: dict[str, StoredFile] = {}
        self.trouble: ServerAway | None = None

    def admit(self, file: StoredFile) -> None:
        """Let a file be read."""
        self._files[file.path] = file

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return what fsspec wants to know of a file; raises FileNotFoundError for any other."""
        return {"name": path, "size": self._file(path).size, "type": "file"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """Return the files right below a path."""
        inside = [of for of in sorted(self._files) if of.rpartition("/")[0] == path.rstrip("/")]
        return [self.info(of) for of in inside] if detail else inside

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """Open a file for reading; raises PermissionError for anything else."""
        if mode != "rb":
            raise PermissionError(f"{path} is opened for reading alone")
        file = self._file(path)
        if file.size <= WHOLE_BYTES:
            return io.BytesIO(self.read_part(path, 0, file.size))
        return _OpenFile(self, path, size=file.size, cache_type="none")

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """Return some of a file's bytes. Raises FileNotFoundError, ServerAway."""
        try:
            return self._storage.read_part(path, start, length)
        except ServerAway as away:
            self.trouble = away
            raise

    def _file(self, path: str) -> StoredFile:
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]


class _OpenFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = self.fs.read_part(self.path, start, end - start)
        return data
