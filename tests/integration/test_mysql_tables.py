"""Tables on a real MariaDB: which schema owns them, and those of 2015."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write

UUID = "31f60f96a7f2569a93c369f4c065ba31"
EVENT = {"schema": "Foo-Bar", "revision": 1, "wiki": "enwiki", "uuid": UUID, "event": {"a": 1}}


@pytest.fixture
def settings(fresh: Settings, tmp_path: Path) -> Settings:
    """Settings with schemas that would share a table."""
    schema = {"properties": {"a": {"type": "integer", "required": True}, "b": {"type": "string"}}}
    for name in ("Foo-Bar", "Foo_Bar"):
        (tmp_path / "schemas" / name).mkdir(parents=True)
        (tmp_path / "schemas" / name / "1.json").write_text(json.dumps(schema))
    return replace(fresh, schemas=replace(fresh.schemas, folder=str(tmp_path / "schemas")))


@pytest.fixture
def cursor(settings: Settings) -> Iterator[Any]:
    connection = connect(settings.mysql)
    connection.autocommit(True)
    yield connection.cursor()
    connection.close()


def written(settings: Settings, schema: str, **given: Any) -> list[str]:
    """Write one event with a new sink; return the messages of what it refused."""
    record = make_record(orjson.dumps(EVENT | {"schema": schema} | given), 0, 0)
    sink = MysqlSink(settings, Registry(settings.schemas))
    refused = write(sink, SchemaKey(schema, 1), [record])
    return [fault.message for _, fault in refused]


def test_a_table_belongs_to_the_schema_that_made_it(settings: Settings, cursor: Any) -> None:
    moment = {"dt": "2013-01-21T18:10:34Z"}
    assert written(settings, "Foo_Bar", **moment) == []
    [message] = written(settings, "Foo-Bar", **moment)
    assert "table Foo_Bar_1 is that of schema Foo_Bar 1, not of Foo-Bar 1" in message
    assert written(settings, "Foo_Bar", **moment | {"uuid": "0" * 32}) == []
    cursor.execute("SELECT count(*) FROM `Foo_Bar_1`")
    assert cursor.fetchall() == ((2,),)


def test_the_table_and_the_row_of_2015(settings: Settings, cursor: Any) -> None:
    settings = replace(settings, schemas=replace(settings.schemas, compatibility="2015"))
    agent = '"Mozilla/5.0 ' + "x" * 300
    assert written(settings, "Foo-Bar", timestamp=1358791834, userAgent=agent, webHost="w") == []
    cursor.execute("SHOW COLUMNS FROM `Foo_Bar_1`")
    assert [row[:4] for row in cursor.fetchall()] == [
        ("uuid", "char(32)", "NO", "PRI"),
        ("clientIp", "varchar(191)", "YES", ""),
        ("timestamp", "varchar(14)", "NO", "MUL"),
        ("userAgent", "varchar(191)", "YES", ""),
        ("webHost", "varchar(191)", "YES", ""),
        ("wiki", "varchar(191)", "NO", ""),
        ("event_a", "bigint(20)", "NO", ""),
        ("event_b", "varchar(191)", "YES", ""),
    ]
    cursor.execute("SELECT * FROM `Foo_Bar_1`")
    assert cursor.fetchall() == (
        (UUID, None, "20130121181034", agent[:191], "w", "enwiki", 1, None),
    )
