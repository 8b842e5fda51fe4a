"""The MySQL sink keeps the contract of sinks, on a real MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
import orjson
import pytest
from MySQLdb.constants import CR

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql import sink as module
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import Place, SinkContract, uuid_of


class Database:
    """A database of its own."""

    key = SchemaKey("AutoblockIpBlock", 19098752)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def open(self) -> MysqlSink:
        return MysqlSink(self._settings, Registry(self._settings.schemas))

    def event(self, number: int) -> bytes:
        return self._capsule(number, number)

    def misfit(self, number: int) -> bytes:
        return self._capsule(number, 2**70)

    def _capsule(self, number: int, block: int) -> bytes:
        event = b'{"blockId":%d,"ip":"::1"}' % block
        head = orjson.dumps({"uuid": uuid_of(number), "dt": "2020-09-13T12:00:00Z"})
        return b'{"event":%s,%s' % (event, head[1:])

    @contextmanager
    def away(self) -> Iterator[None]:
        def refuse(_: object) -> Any:
            raise MySQLdb.OperationalError(CR.CONN_HOST_ERROR, "Can't connect")

        self._rows("SELECT id FROM information_schema.processlist WHERE db = DATABASE()", "KILL")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "connect", refuse)
            yield

    def uuids(self) -> list[str]:
        [tables] = zip(*self._rows("SHOW TABLES"), strict=True) or [()]
        return [uuid for name in tables for (uuid,) in self._rows(f"SELECT uuid FROM `{name}`")]

    def _rows(self, query: str, of_each: str = "") -> Any:
        connection = connect(self._settings.mysql)
        own = connection.thread_id()
        with connection.cursor() as cursor:
            cursor.execute(query)
            rows = cursor.fetchall()
            for (number,) in rows if of_each else ():
                if number != own:
                    cursor.execute(f"{of_each} {number}")
        connection.close()
        return rows


class TestMysqlSink(SinkContract):
    @pytest.fixture
    def place(self, fresh: Settings) -> Place:
        return Database(fresh)
