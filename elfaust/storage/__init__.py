"""Complete files on HDFS or in a local folder; what the files hold is decided in the sinks."""

from __future__ import annotations

from elfaust.settings import Hdfs
from elfaust.storage.base import Storage, StoredFile
from elfaust.storage.local import LocalStorage
from elfaust.storage.webhdfs import WebHdfsStorage

__all__ = ["Storage", "StoredFile", "open_storage"]


def open_storage(settings: Hdfs) -> Storage:
    """Return the storage that the settings name."""
    return LocalStorage() if settings.storage == "local" else WebHdfsStorage(settings)
