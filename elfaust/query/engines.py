"""Which engine answers: Hive where the settings name its host, else DuckDB."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec

from elfaust.errors import ElfaustError, SettingsError
from elfaust.query.engine import Engine
from elfaust.settings import Settings

#: By name: the class, and the packages that it needs with the extra that installs them.
CLASSES = {
    "hive": ("elfaust.query.hive:Hive", ("pyhive", "thrift", "thrift_sasl"), "hive"),
    "duckdb": ("elfaust.query.duck:DuckDb", ("duckdb",), "duckdb"),
}


def engine_name(settings: Settings, wanted: str | None = None) -> str:
    """Return which engine answers, that which is wanted if one is.

    Raises SettingsError where that is Hive, and the settings do not say where it is.
    """
    name = wanted or ("hive" if settings.hive.host else "duckdb")
    if name == "hive" and not settings.hive.host:
        raise SettingsError("hive.host is empty: set it to the host of HiveServer2, or use DuckDB")
    return name


def open_engine(settings: Settings, wanted: str | None = None) -> Engine:
    """Return an engine, as `engine_name`.

    Raises ElfaustError where its packages are not installed, and ServerAway where it is away.
    """
    place, packages, extra = CLASSES[engine_name(settings, wanted)]
    if missing := [name for name in packages if find_spec(name) is None]:
        raise ElfaustError(f"{missing[0]} is not installed: pip install 'elfaust[{extra}]'")
    module, _, name = place.partition(":")
    make: Callable[[Settings], Engine] = getattr(importlib.import_module(module), name)
    return make(settings)
