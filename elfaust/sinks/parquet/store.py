"""Parquet as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from dataclasses import replace

from elfaust.checks import Subject
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.parquet.checks import subject
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.storage import open_storage


class ParquetStore:
    """The store of the role that writes Parquet."""

    title = "Parquet"
    once = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sink(self) -> ParquetSink:
        """Return what a worker writes with."""
        settings = self._settings
        return ParquetSink(settings, Registry.of_workers(settings), open_storage(settings.hdfs))

    def isolated(self, name: str) -> Settings:
        """Return the settings with a folder of a trial's own."""
        hdfs = self._settings.hdfs
        return replace(self._settings, hdfs=replace(hdfs, root=f"{hdfs.root}_{name}"))

    def prepare(self) -> None:
        """Make nothing: workers make their folders."""

    def remove(self) -> None:
        """Delete the folder of a trial."""
        open_storage(self._settings.hdfs).delete(self._settings.hdfs.root)

    def checks(self) -> Subject:
        """Return what doctor examines."""
        return subject(self._settings)
