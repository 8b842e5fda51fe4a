"""The sink in memory keeps the contract of sinks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from elfaust.records import Record, SchemaKey
from elfaust.testing import MemorySink, Place, SinkContract, uuid_of


class Memory:
    """Sinks that share what they store."""

    key = SchemaKey("Edit", 1)

    def __init__(self) -> None:
        self._sinks: list[MemorySink] = []
        self._stored: dict[SchemaKey, list[Record]] = {}
        self._is_away = False

    def open(self) -> MemorySink:
        sink = MemorySink(lambda record: not record.value.startswith(b"{"), self._stored)
        sink.is_away = self._is_away
        self._sinks.append(sink)
        return sink

    def event(self, number: int) -> bytes:
        return json.dumps({"uuid": uuid_of(number)}).encode()

    def misfit(self, number: int) -> bytes:
        return b"[]"

    @contextmanager
    def away(self) -> Iterator[None]:
        self._set(True)
        yield
        self._set(False)

    def _set(self, is_away: bool) -> None:
        self._is_away = is_away
        for sink in self._sinks:
            sink.is_away = is_away

    def uuids(self) -> list[str]:
        return [orjson.loads(record.value)["uuid"] for of in self._stored.values() for record in of]


class TestMemorySink(SinkContract):
    @pytest.fixture
    def place(self) -> Place:
        return Memory()
