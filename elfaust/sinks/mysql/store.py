"""MySQL as the other rooms ask of it: elfaust/sinks/base.py, Store."""

from __future__ import annotations

from elfaust.settings import Settings


class MysqlStore:
    """The store of the role that writes MySQL."""

    title = "MySQL"
    once = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
