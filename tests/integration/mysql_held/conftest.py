"""A sink with two schemas, and a cursor that sees what it stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.sink import MysqlSink
from tests.integration.mysql_held.tables import BAD, EVENT, GOOD, publish


@pytest.fixture
def settings(fresh: Settings, tmp_path: Path) -> Settings:
    return replace(fresh, schemas=replace(fresh.schemas, folder=str(tmp_path / "schemas")))


@pytest.fixture
def sink(settings: Settings) -> MysqlSink:
    publish(settings, GOOD, EVENT)
    publish(settings, BAD, EVENT)
    return MysqlSink(settings, Registry(settings.schemas))


@pytest.fixture
def cursor(settings: Settings) -> Iterator[Any]:
    connection = connect(settings.mysql)
    connection.autocommit(True)
    yield connection.cursor()
    connection.close()
