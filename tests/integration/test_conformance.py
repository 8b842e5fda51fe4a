"""All recorded lines through real Kafka, MariaDB and HDFS: verdicts, tables and every value."""

from __future__ import annotations

import asyncio
import io
import json
from collections import defaultdict
from contextlib import closing
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from elfaust.audit.topics import scan
from elfaust.delivery.publisher import publishing
from elfaust.names import TopicNames, table_name
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.schema.columns import Column, columns_of
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.parquet.types import event_shape
from elfaust.storage import open_storage
from elfaust.trial.job import landed
from elfaust.trial.recorded import RECORDED
from tests import DATA
from tests.integration.running import working

CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
TABLES = [json.loads(line) for line in (DATA / "tables.jsonl").read_text().splitlines()]
#: What MariaDB shows of a type.
SHOWN = {"INTEGER": "int(11)", "BIGINT": "bigint(20)", "BOOL": "tinyint(1)"}


async def send(settings: Settings) -> None:
    """Send each case, in order, to the raw topic of its format; lane by number."""
    async with publishing(settings) as publisher:
        await publisher.publish(
            [
                Outgoing(
                    settings.topics.raw_client
                    if case["format"].startswith("%q")
                    else settings.topics.raw_server,
                    number % settings.topics.lanes,
                    case["line"].encode("utf-8", "surrogateescape"),
                    1_600_000_000_000,
                    Source("case", number),
                )
                for number, case in enumerate(CASES)
            ]
        )


class Landed:
    """What the topics hold once everything has landed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        names = TopicNames(settings)
        self.events: dict[SchemaKey, dict[str, Any]] = defaultdict(dict)
        self.errors: list[dict[str, Any]] = []
        for topic, _, records in asyncio.run(scan(settings)):
            if topic in names.raw:
                continue
            values = [orjson.loads(record.value) for record in records]
            key = names.schema_of(topic)
            if key is None:
                self.errors += [value["event"] for value in values]
            else:
                self.events[key] |= {value["uuid"]: value for value in values}

    def columns(self, key: SchemaKey) -> list[Column]:
        schema = Registry(self.settings.schemas).get(key)
        assert schema is not None
        return columns_of(key, schema.event)


@pytest.fixture
def result(quick: Settings) -> Landed:
    with working(quick, forwarder=0):
        asyncio.run(send(quick))
        asyncio.run(landed(quick, len(CASES), timeout=90.0))
    return Landed(quick)


@pytest.mark.timeout(300)
def test_every_case_lands_as_eventlogging_had_it(result: Landed) -> None:
    verdicts_are_right(result)
    with closing(connect(result.settings.mysql)) as connection:
        cursor = connection.cursor()
        for table in TABLES:
            table_is_right(result, table, cursor)
    for key in result.events:
        files_are_right(result, key)


def verdicts_are_right(result: Landed) -> None:
    valid = {case["event"]["uuid"]: case["event"] for case in CASES if case["outcome"] == "valid"}
    found = {uuid: event for events in result.events.values() for uuid, event in events.items()}
    assert found == valid
    assert sorted(map(shape_of, result.errors)) == sorted(
        shape_of({**case, "code": case["outcome"]}) for case in CASES if case["outcome"] != "valid"
    )


def shape_of(error: dict[str, Any]) -> tuple[str, str, int, str]:
    revision = error["revision"] if type(error["revision"]) is int else -1
    return error["code"], str(error["schema"]), revision, error["message"][:200]


def table_is_right(result: Landed, table: dict[str, Any], cursor: Any) -> None:
    name, _, revision = table["table"].rpartition("_")
    key = SchemaKey(name, int(revision))
    cursor.execute(f"SHOW COLUMNS FROM {quoted(table['table'])}")
    wide = sum(column[1] == "VARCHAR(1024)" for column in table["columns"]) > 15
    expected = [column_shown(Column(*column), wide) for column in table["columns"]]
    assert [tuple(row[:4]) for row in cursor.fetchall()] == expected, key
    columns = [column for column in result.columns(key) if column.name != "id"]
    names = ", ".join(quoted(column.name) for column in columns)
    cursor.execute(f"SELECT {names} FROM {quoted(table_name('{schema}_{revision}', key))}")
    rows = {row[0]: row for row in cursor.fetchall()}
    events = result.events[key]
    assert rows.keys() == events.keys()
    for uuid, row in rows.items():
        for column, value in zip(columns, row, strict=True):
            assert_stored(value, events[uuid], column)


def column_shown(column: Column, wide: bool) -> tuple[str, str, str, str]:
    """Return what SHOW COLUMNS says; in a wide table strings without an index are TEXT."""
    shown = SHOWN.get(column.sql_type, column.sql_type.lower())
    if wide and column.sql_type == "VARCHAR(1024)":
        shown = "text"
    kind = "UNI" if column.unique else "MUL" if column.indexed else ""
    nullable = "YES" if column.nullable else "NO"
    return column.name, shown, nullable, "PRI" if column.name == "id" else kind


def assert_stored(stored: Any, event: dict[str, Any], column: Column) -> None:
    sent: Any = event
    for name in column.path:
        sent = sent.get(name) if isinstance(sent, dict) else None
    if column.name == "dt":
        assert f"{stored:%Y-%m-%dT%H:%M:%SZ}" == event["dt"] if "dt" in event else stored
    elif column.sql_type == "VARCHAR(14)":
        assert stored is None or (stored.isdigit() and len(stored) == 14)
    elif column.sql_type == "FLOAT":
        # 24 bits of mantissa, of which MySQL shows six digits.
        assert stored == (None if sent is None else pytest.approx(sent, rel=1e-5)), column
    elif isinstance(sent, dict | list):
        assert orjson.loads(stored) == sent, column
    else:
        assert stored == sent, column


def files_are_right(result: Landed, key: SchemaKey) -> None:
    storage, root = open_storage(result.settings.hdfs), result.settings.hdfs.root
    schema = Registry(result.settings.schemas).get(key)
    assert schema is not None
    shape = event_shape(key, schema.event)
    rows: dict[str, Any] = {}
    for path in storage.walk(f"{root}/{key.schema.lower()}_{key.revision}"):
        table = pq.read_table(io.BytesIO(storage.read(path)))
        rows |= {row["uuid"]: row for row in table.to_pylist()}
    events = result.events[key]
    assert rows.keys() == events.keys(), key
    for uuid, row in rows.items():
        assert row["event"] == shape.cast(events[uuid]["event"]), (key, uuid)
        assert row["wiki"] == events[uuid].get("wiki")
