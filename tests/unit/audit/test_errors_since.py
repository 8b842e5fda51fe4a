"""EventErrors by schema, code and path: each once, bounded, whatever a record holds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiokafka.structs import OffsetAndTimestamp

from elfaust.audit import errors_since
from elfaust.audit.errors_since import OTHER, Gathered, Kind
from elfaust.commands.errors import as_object, as_text
from elfaust.counts.tally import named_by
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.settings import Settings

NOW = 1_800_000_000_000


def record(uuid: str, **event: Any) -> bytes:
    said = {"schema": "Edit", "revision": 1, "code": "validation", "path": "$.event.a"}
    return orjson.dumps({"uuid": uuid, "event": said | {"message": "m", "hint": "h"} | event})


def test_errors_of_a_kind_are_counted_together_and_the_last_one_speaks() -> None:
    gathered = Gathered()
    gathered.add(record("1", message="newer"), NOW + 5)
    gathered.add(record("2", message="older"), NOW)
    gathered.add(record("3", code="consumer"), NOW)
    most, least = gathered.errors
    assert most.kind == Kind("Edit", 1, "validation", "$.event.a")
    assert (most.number, most.first, most.last, most.message) == (2, NOW, NOW + 5, "newer")
    assert (least.kind.code, least.number) == ("consumer", 1)


def test_an_error_that_both_sinks_report_is_one() -> None:
    gathered = Gathered()
    for _ in range(2):
        gathered.add(record("1"), NOW)
    assert [of.number for of in gathered.errors] == [1]


def test_items_of_a_list_are_one_place_and_unknown_names_one_schema() -> None:
    gathered = Gathered()
    for n in range(3):
        gathered.add(record(f"a{n}", path=f"$.event.list[{n}].x"), NOW)
        gathered.add(record(f"b{n}", schema=f"Made up {n}", unknown=True), NOW)
    assert {(of.kind.schema, of.kind.path): of.number for of in gathered.errors} == {
        ("Edit", "$.event.list[].x"): 3,
        ("unknown", "$.event.a"): 3,
    }


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors_since, "MAX_KINDS", 2)
    monkeypatch.setattr(errors_since, "MAX_AGAIN", 2)
    gathered = Gathered()
    for n in range(5):
        gathered.add(record(str(n), revision=n + 1), NOW)
    assert {of.kind.revision: of.number for of in gathered.errors} == {1: 1, 2: 1, -1: 3}
    assert gathered.errors[0].kind == OTHER
    assert len(gathered._known) == 2


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"{",
        b"null",
        b"[1]",
        b'{"event": 3}',
        b'{"event": {}, "uuid": []}',
        b'{"event": {"schema": {}, "revision": true, "code": null, "path": [], "message": 1}}',
        b'{"event": {"revision": 1e400, "schema": "\\ud800"}}',
    ],
)
def test_any_record_is_one_error(value: bytes | None) -> None:
    gathered = Gathered()
    gathered.add(value, NOW)
    assert [(of.number, of.kind.schema) for of in gathered.errors] == [(1, "unknown")]


@pytest.mark.parametrize(
    ("schema", "revision", "code"),
    [
        ("a b", 1, "processor"),
        ("..", 1, "processor"),
        ("x" * 5_000, 1, "validation"),
        ("Edit", -5, "validation"),
        ("Edit", 2**63, "validation"),
        ("Edit", None, "made up"),
        (7, 1, "made up" * 1_000),
    ],
)
def test_names_that_no_schema_can_have_are_one_as_in_the_counts(
    schema: object, revision: object, code: str
) -> None:
    gathered = Gathered()
    value = record("1", schema=schema, revision=revision, code=code, path="p" * 5_000)
    gathered.add(value, NOW)
    [found] = gathered.errors
    assert (found.kind.code, SchemaKey(*found.kind[:2])) == named_by(value)
    assert found.kind[:2] == ("unknown", -1)
    assert len("".join(map(str, found.kind))) < 500


def test_a_time_that_no_calendar_has_can_be_shown() -> None:
    gathered = Gathered()
    gathered.add(record("1"), 2**63 - 1)
    assert as_object(gathered.errors, NOW / 1000, 60.0)["kinds"][0]["last"].startswith("9999-12-31")
    assert "validation" in as_text(gathered.errors, NOW / 1000, 60.0)


class Silent:
    """A consumer of a Kafka that stops to answer after it has given the ends."""

    def __init__(self, **_: object) -> None:
        pass

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def offsets_for_times(self, times: dict[Any, int]) -> dict[Any, Any]:
        return {tp: OffsetAndTimestamp(0, 0) for tp in times}

    async def end_offsets(self, lanes: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(lanes, 5)

    def assign(self, lanes: Any) -> None:
        pass

    def seek(self, lane: Any, offset: int) -> None:
        pass

    async def getmany(self, timeout_ms: int) -> dict[Any, Any]:
        await asyncio.sleep(0.01)
        return {}

    async def position(self, lane: Any) -> int:
        return 0


async def test_a_kafka_that_goes_away_while_it_is_read_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def lanes(_: object) -> dict[str, int]:
        return {Settings().topics.error: 1}

    monkeypatch.setattr(TopicAdmin, "lanes", lanes)
    monkeypatch.setattr(errors_since, "AIOKafkaConsumer", Silent)
    kafka = replace(Settings().kafka, request_timeout=0.05)
    with pytest.raises(ServerAway, match=r"no answer for 0.05 s"):
        async with asyncio.timeout(10):
            await errors_since.errors_since(replace(Settings(), kafka=kafka), 0)
