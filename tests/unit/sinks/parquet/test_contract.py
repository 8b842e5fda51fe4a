"""The Parquet sink keeps the contract of sinks, on a folder of this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.storage.local import LocalStorage
from elfaust.testing import Place, SinkContract, uuid_of


class Folder(LocalStorage):
    """Takes no file its final place, and tells nothing, while it is away."""

    is_away = False

    def rename(self, source: str, target: str) -> bool:
        self._serve()
        return super().rename(source, target)

    def list(self, path: str) -> list[str]:
        self._serve()
        return super().list(path)

    def _serve(self) -> None:
        if self.is_away:
            raise ServerAway("HDFS", "is away")


class Files:
    """A folder of Parquet files."""

    key = SchemaKey("SpecialMuteSubmit", 19679477)

    def __init__(self, root: Path) -> None:
        base = Settings()
        hdfs = dataclasses.replace(base.hdfs, root=f"{root}/event", storage="local")
        self._settings = dataclasses.replace(base, hdfs=hdfs)
        self._storage = Folder()

    def open(self) -> ParquetSink:
        return ParquetSink(self._settings, Registry(self._settings.schemas), self._storage)

    def event(self, number: int) -> bytes:
        return self._capsule(number, emailsBefore=True)

    def misfit(self, number: int) -> bytes:
        return self._capsule(number, emailsBefore="no boolean")

    def _capsule(self, number: int, **event: object) -> bytes:
        capsule = {"event": event, "schema": self.key.schema, "revision": self.key.revision}
        return orjson.dumps({**capsule, "uuid": uuid_of(number), "dt": "2020-09-13T12:00:00Z"})

    @contextmanager
    def away(self) -> Iterator[None]:
        self._storage.is_away = True
        yield
        self._storage.is_away = False

    def uuids(self) -> list[str]:
        root = self._settings.hdfs.root
        return [uuid for file in parquet_files(LocalStorage(), root) for uuid in file.uuids]


class TestParquetSink(SinkContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Files(tmp_path)
