"""Bad lines and bad schemas through real servers: one outcome each, and good lines go on."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from elfaust.audit.audit import audit
from elfaust.audit.topics import scan
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import SchemaUnfit
from elfaust.events.refusals import split_source
from elfaust.names import TopicNames, table_name
from elfaust.records import SchemaKey, position_of
from elfaust.schema.columns import columns_of
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.mysql.reading.tables import Tables
from elfaust.sinks.parquet.reading.files import read_files
from elfaust.sinks.parquet.types import column_name
from elfaust.sinks.reading import StoredRow
from elfaust.storage import open_storage
from elfaust.trial.job import landed
from tests.integration.bad_inputs import RECEIVED, Case, all_cases, schemas
from tests.integration.running import working

CASES = all_cases()


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """Give the URL of a server and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def with_schemas(settings: Settings, folder: Path, remote: str) -> Settings:
    """Return settings whose schemas are the project's and those of the cases."""
    shutil.copytree(settings.schemas.folder, folder)
    for (name, revision), schema in schemas(remote).items():
        (folder / name).mkdir()
        (folder / name / f"{revision}.json").write_text(json.dumps(schema))
    return replace(settings, schemas=replace(settings.schemas, folder=str(folder)))


def make_first_table(settings: Settings) -> None:
    """Create the table of Foo_Bar, so that Foo-Bar is the one that comes second."""
    key = SchemaKey("Foo_Bar", 1)
    table = table_name(settings.mysql.table, key)
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(create_table(table, Registry(settings.schemas).find(key)))


async def send(settings: Settings) -> None:
    """Send the case of each number as the record of that offset of the raw topic's lane 0."""
    admin, topic = TopicAdmin(settings), settings.topics.raw_client
    await admin.ensure([topic])
    await admin.close()
    # Packed, a line of 10 MB passes the broker's limit as any other does.
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap,
        compression_type="gzip",
        max_request_size=2**25,
        enable_idempotence=True,
    )
    await producer.start()
    try:
        for number, case in enumerate(CASES):
            await producer.send(topic, raw(number, case), partition=0, timestamp_ms=RECEIVED)
    finally:
        await producer.stop()


def raw(number: int, case: Case) -> bytes:
    return case.line.replace(b"@seq@", b"%d" % number)


class Landed:
    """What the topics and the sinks hold of each case, by its number."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        names = TopicNames(settings)
        self.events: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self.errors: defaultdict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        scanned = asyncio.run(scan(settings))
        for topic, _, records in scanned:
            if names.schema_of(topic):
                for record in records:
                    self.events[position_of(record)].append(orjson.loads(record.value))
        for topic, _, records in scanned:
            for record in records if topic == names.error else []:
                role, _ = split_source(record.source.name if record.source else "")
                self.errors[position_of(record)].append((role, orjson.loads(record.value)["event"]))
        registry = Registry(settings.schemas)
        uuids = [event["uuid"] for events in self.events.values() for event in events]
        self.mysql: dict[str, StoredRow] = {}
        self.parquet: dict[str, StoredRow] = {}
        for key in {SchemaKey(*case.key) for case in CASES}:
            if schema := registry.get(key):
                self.parquet |= _parquet(settings, key)
                with suppress(SchemaUnfit):
                    self.mysql |= _mysql(settings, schema, uuids)

    def differences(self, number: int, case: Case) -> Iterator[str]:
        """Yield what has not become of a case as it must."""
        events, errors = self.events[number], self.errors[number]
        judged = not case.code or bool(case.sinks)
        if (len(events), len(errors)) != (judged, len(case.sinks) or (case.code != "")):
            yield f"{len(events)} events, errors {[(r, e['message']) for r, e in errors]}"
            return
        for role, error in errors:
            yield from self._of_error(number, case, role, error)
        for event in events:
            yield from _lacks("topic", event["event"], case.event)
            yield from self._of_rows(case, event["uuid"])

    def _of_error(self, number: int, case: Case, role: str, error: dict[str, Any]) -> Iterator[str]:
        limits = self.settings.processor
        wanted = {"code": case.code, "schema": case.key[0], "revision": case.key[1]}
        yield from _lacks("error", error, wanted)
        if case.says not in error["message"]:
            yield f"message {error['message']!r:.300}"
        if role not in case.sinks and (error["path"] != case.path or not error["hint"]):
            yield f"path {error['path']!r}, hint {error['hint']!r}"
        if len(error["message"]) > limits.error_message_chars or not error["message"]:
            yield f"a message of {len(error['message'])} characters"
        given = raw(number, case)[: limits.error_raw_bytes].decode("utf-8", "replace")
        if case.code != "consumer" and error["rawEvent"] != given[: limits.error_raw_bytes]:
            yield f"raw event {error['rawEvent']!r:.200}"

    def _of_rows(self, case: Case, uuid: str) -> Iterator[str]:
        in_mysql, in_parquet = self.mysql.get(uuid), self.parquet.get(uuid)
        for role, row in (("mysql", in_mysql), ("hdfs", in_parquet)):
            if (row is None) != (role in case.sinks):
                yield f"{role} has {row!r:.200}"
        if in_mysql:
            yield from _lacks("MySQL", in_mysql, {f"event_{n}": v for n, v in case.event.items()})
            if case.dt and f"{in_mysql['dt']:%Y-%m-%dT%H:%M:%SZ}" != case.dt:
                yield f"MySQL has dt {in_mysql['dt']}"
        if in_parquet:
            wanted = {column_name(name): value for name, value in case.event.items()}
            yield from _lacks("Parquet", in_parquet["event"], wanted)
            yield from _lacks("Parquet", in_parquet, {"dt": case.dt} if case.dt else {})


def _parquet(settings: Settings, key: SchemaKey) -> dict[str, StoredRow]:
    storage = open_storage(settings.hdfs)
    paths = list(storage.walk(f"{settings.hdfs.root}/{key.schema.lower()}_{key.revision}"))
    with ThreadPoolExecutor(1) as thread:
        files = list(read_files(storage, paths, thread))
    return {row["uuid"]: row for file in files for row in file.rows or ()}


def _mysql(settings: Settings, schema: Schema, uuids: list[str]) -> dict[str, StoredRow]:
    columns = columns_of(schema.key, schema.event, schema.dialect)
    with closing(Tables(settings.mysql)) as tables:
        table = tables.table(table_name(settings.mysql.table, schema.key), schema.key, columns)
        return {uuid: row for uuid, [row] in table.rows(uuids).items()} if table else {}


def _lacks(where: str, has: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if has.get(name) != value:
            yield f"{where} has {name} {has.get(name)!r:.100}, not {value!r:.100}"


@pytest.mark.timeout(120)
def test_each_bad_input_has_one_outcome(quick: Settings, tmp_path: Path) -> None:
    with listener() as (remote, asked):
        settings = with_schemas(quick, tmp_path / "schemas", remote)
        make_first_table(settings)
        with working(settings, forwarder=0) as codes:
            asyncio.run(send(settings))
            asyncio.run(landed(settings, len(CASES), timeout=30.0))
        found = Landed(settings)
        wrong = [
            f"{case.name}: {difference}"
            for number, case in enumerate(CASES)
            for difference in found.differences(number, case)
        ]
        wrong += map(str, asyncio.run(audit(settings)).findings)
        wrong += codes.ended
    assert "\n".join(wrong) == ""
    assert asked == []
