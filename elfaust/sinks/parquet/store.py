"""Parquet as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from elfaust.settings import Settings


class ParquetStore:
    """The store of the role that writes Parquet."""

    title = "Parquet"
    once = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
