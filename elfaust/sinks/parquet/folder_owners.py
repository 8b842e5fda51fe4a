"""Whose a schema revision's folder of Parquet files is: `Foo` and `foo` would have the same one.

Folders have names in lower case. The first schema whose events come owns the folder; a small file
says which, made by a rename that fails where there is one, so of two workers one is first.
"""

from __future__ import annotations

import uuid

from elfaust.errors import FolderTrouble
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, event_files
from elfaust.storage import Storage


def folder_name(key: SchemaKey) -> str:
    """Return what schema revisions have in common that would have the same folder."""
    return owner_name(key).lower()


def owner_name(key: SchemaKey) -> str:
    """Return the name of a schema revision, as the owner of a folder."""
    return f"{key.schema}_{key.revision}"


class FolderOwners:
    """The owners of the folders below `hdfs.root`. All raise what the storage raises."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self._storage = storage
        self._names = FileNames(settings)
        self._root = settings.hdfs.root.rstrip("/")

    def owner(self, key: SchemaKey) -> str:
        """Return who owns the folder of a schema revision, empty where nobody does.

        Raises FolderTrouble where what should say so does not.
        """
        path = self._file(key)
        try:
            owner = self._storage.read(path).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        if owner.lower() != folder_name(key):
            raise FolderTrouble(path, f"it names {owner!r:.80}")
        return owner

    def claim(self, key: SchemaKey) -> str:
        """Return who owns the folder of a schema revision: that one, where nobody did.

        Raises FolderTrouble where that cannot be written.
        """
        if owner := self.owner(key):
            return owner
        path, draft = self._file(key), f"{self._file(key)}.{uuid.uuid4().hex[:12]}"
        wanted = self._of_files(key) or owner_name(key)
        self._storage.write(draft, wanted.encode())
        if self._storage.rename(draft, path):
            return wanted
        self._storage.delete(draft)
        if owner := self.owner(key):
            return owner
        raise FolderTrouble(path, "it is no file")

    def _file(self, key: SchemaKey) -> str:
        return f"{self._root}/_owners/{folder_name(key)}"

    def _of_files(self, key: SchemaKey) -> str:
        """Return whose files are there from before folders had owners."""
        folder = self._names.of_schema(key)
        walk = self._storage.walk(folder) if folder else event_files(self._storage, self._root)
        for path in walk:
            found = self._names.named(path)
            if found and folder_name(found) == folder_name(key):
                return owner_name(found)
        return ""
