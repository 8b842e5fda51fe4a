"""The MySQL sink on a real MariaDB."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from elfaust.errors import ServerAway, TableChanged
from elfaust.records import Record, SchemaKey
from elfaust.schema.columns import Column, columns_of
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write
from elfaust.trial.recorded import RECORDED

KEY = SchemaKey("AutoblockIpBlock", 19098752)
TABLE = "`AutoblockIpBlock_19098752`"
BIGINT = range(-(2**63), 2**63)


def valid_events() -> dict[SchemaKey, list[dict[str, Any]]]:
    events: dict[SchemaKey, list[dict[str, Any]]] = defaultdict(list)
    for line in RECORDED.read_text().splitlines():
        event = json.loads(line).get("event")
        if event is not None:
            events[SchemaKey(event["schema"], event["revision"])].append(event)
    return events


EVENTS = valid_events()


def record(event: dict[str, Any], offset: int = 0) -> Record:
    return make_record(orjson.dumps(event), offset, 0)


def blocks(count: int, **event: Any) -> list[Record]:
    sample = EVENTS[KEY][0]
    return [
        record({**sample, "uuid": f"{n:032x}", "event": {"blockId": n, "ip": "::1", **event}}, n)
        for n in range(count)
    ]


@pytest.fixture
def sink(fresh: Settings) -> MysqlSink:
    return MysqlSink(fresh, Registry(fresh.schemas))


@pytest.fixture
def other(fresh: Settings) -> Iterator[Any]:
    """Yield a cursor of a connection of its own."""
    connection = connect(fresh.mysql)
    connection.autocommit(True)
    yield connection.cursor()
    connection.close()


def rows_of(other: Any, query: str) -> list[tuple[Any, ...]]:
    other.execute(query)
    return list(other.fetchall())


def fits(event: dict[str, Any], columns: list[Column]) -> bool:
    values = [value_at(event, c.path) for c in columns if c.sql_type == "BIGINT"]
    return all(value is None or value in BIGINT for value in values)


def same(stored: Any, sent: Any, sql_type: str) -> bool:
    if sent is None:
        return stored is None
    if sql_type == "FLOAT":
        # FLOAT has 24 bits of mantissa and MySQL shows 6 digits of it.
        return bool(stored == pytest.approx(sent, rel=1e-5))
    if isinstance(sent, list | dict):
        return bool(orjson.loads(stored) == sent)
    return bool(stored == sent)


def value_at(event: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = event
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@pytest.mark.parametrize("key", EVENTS, ids=lambda key: f"{key.schema}_{key.revision}")
def test_every_valid_case_is_read_back_as_it_was(
    fresh: Settings, sink: MysqlSink, other: Any, key: SchemaKey
) -> None:
    refused = write(sink, key, [record(event) for event in EVENTS[key]])
    schema = Registry(fresh.schemas).get(key)
    assert schema is not None
    all_columns = columns_of(key, schema.event)
    kept = {event["uuid"]: event for event in EVENTS[key] if fits(event, all_columns)}
    sent = {event["uuid"] for event in EVENTS[key]}
    assert {orjson.loads(bad.value)["uuid"] for bad, _ in refused} == sent - set(kept)
    columns = [c for c in all_columns if c.name not in ("id", "dt", "timestamp")]
    # The timestamp of an event is kept as MediaWiki writes it: tests/unit/sinks/test_rows.py.
    columns = [column for column in columns if column.sql_type != "VARCHAR(14)"]
    names = ", ".join(quoted(column.name) for column in columns)
    stored = rows_of(other, f"SELECT {names} FROM {quoted(f'{key.schema}_{key.revision}')}")
    assert {row[0] for row in stored} == set(kept)
    for row in stored:
        for column, value in zip(columns, row, strict=True):
            expected = value_at(kept[row[0]], column.path)
            assert same(value, expected, column.sql_type), column.name


def test_times_are_utc(sink: MysqlSink, other: Any) -> None:
    write(sink, KEY, [record({**EVENTS[KEY][0], "dt": "2020-09-13T12:26:40Z"})])
    [(dt, timestamp)] = rows_of(other, f"SELECT dt, timestamp FROM {TABLE}")
    assert (str(dt), timestamp) == ("2020-09-13 12:26:40", "20200913122640")


@pytest.mark.parametrize(
    "moment",
    ["2020-09-13T14:26:40+02:00", "2020-09-13T12:26:40.999Z", "2020-09-13T12:26:40"],
)
def test_other_ways_to_write_a_time_are_the_same_time(
    sink: MysqlSink, other: Any, moment: str
) -> None:
    assert write(sink, KEY, [record({**EVENTS[KEY][0], "dt": moment})]) == []
    [(dt, timestamp)] = rows_of(other, f"SELECT dt, timestamp FROM {TABLE}")
    assert (str(dt), timestamp) == ("2020-09-13 12:26:40", "20200913122640")


@pytest.mark.parametrize("uuid", [None, "", "0" * 31, "0" * 32 + " "])
def test_an_event_without_its_uuid_is_refused(sink: MysqlSink, uuid: str | None) -> None:
    bad = record({**EVENTS[KEY][0], "uuid": uuid})
    [(refused, fault)] = write(sink, KEY, [*blocks(3), bad])
    assert refused is bad
    assert "its uuid has not 32 characters" in fault.message


def test_an_event_that_passes_the_packet_is_refused_alone(sink: MysqlSink, other: Any) -> None:
    [(packet,)] = rows_of(other, "SELECT @@max_allowed_packet")
    bad = blocks(4, ip="x" * packet)[3]
    [(refused, fault)] = write(sink, KEY, [*blocks(3), bad])
    assert refused is bad
    assert "max_allowed_packet" in fault.message
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(3,)]


def test_a_repeat_adds_no_row(sink: MysqlSink, other: Any) -> None:
    assert write(sink, KEY, blocks(50)) == []
    assert write(sink, KEY, [*blocks(60), *blocks(60)]) == []
    assert rows_of(other, f"SELECT COUNT(*), COUNT(DISTINCT uuid) FROM {TABLE}") == [(60, 60)]


@pytest.mark.parametrize(
    ("event", "column"),
    [
        ({"blockId": 2**63}, "event_blockId"),
        ({"ip": "x" * 1025}, "event_ip"),
        # MySQL would cut spaces at the end without a word.
        ({"ip": "x" + " " * 1024}, "event_ip"),
    ],
)
def test_a_bad_row_alone_is_refused(
    sink: MysqlSink, other: Any, event: dict[str, Any], column: str
) -> None:
    good = blocks(40)
    bad = blocks(41, **event)[40]
    [(refused, fault)] = write(sink, KEY, [*good[:17], bad, *good[17:]])
    assert refused is bad
    assert fault.code == "consumer"
    assert "AutoblockIpBlock_19098752" in fault.message
    assert column in fault.message
    assert orjson.loads(bad.value)["uuid"] in fault.message
    assert fault.path == "$." + column.replace("_", ".")
    assert fault.path in fault.hint
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(40,)]


def test_a_uuid_that_is_too_long_is_refused(sink: MysqlSink) -> None:
    bad = record({**EVENTS[KEY][0], "uuid": "0" * 33})
    [(refused, fault)] = write(sink, KEY, [*blocks(3), bad])
    assert refused is bad
    assert "uuid" in fault.message


def test_a_killed_connection_is_opened_again(sink: MysqlSink, other: Any) -> None:
    write(sink, KEY, blocks(10))
    [(mine,)] = rows_of(other, "SELECT CONNECTION_ID()")
    query = "SELECT id FROM information_schema.processlist WHERE db = DATABASE()"
    killed = [number for (number,) in rows_of(other, query) if number != mine]
    assert killed
    for number in killed:
        other.execute(f"KILL CONNECTION {number}")
    with pytest.raises(ServerAway, match=r"server has gone away|Lost connection"):
        write(sink, KEY, blocks(20))
    assert write(sink, KEY, blocks(20)) == []
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(20,)]


def test_a_dropped_table_is_created_again(sink: MysqlSink, other: Any) -> None:
    write(sink, KEY, blocks(10))
    other.execute(f"DROP TABLE {TABLE}")
    with pytest.raises(TableChanged, match="doesn't exist"):
        write(sink, KEY, blocks(20))
    assert write(sink, KEY, blocks(20)) == []
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(20,)]


@pytest.mark.parametrize(
    ("alter", "mend"),
    [
        ("DROP COLUMN event_ip", "ADD COLUMN event_ip VARCHAR(1024)"),
        ("ADD COLUMN mine INT NOT NULL", "DROP COLUMN mine"),
        (
            "RENAME COLUMN event_ip TO kept, ADD COLUMN event_ip INT",
            "DROP COLUMN event_ip, RENAME COLUMN kept TO event_ip",
        ),
    ],
)
def test_a_table_altered_by_hand_stores_nothing_until_it_is_mended(
    sink: MysqlSink, other: Any, alter: str, mend: str
) -> None:
    assert write(sink, KEY, blocks(10)) == []
    other.execute(f"ALTER TABLE {TABLE} {alter}")
    with pytest.raises(TableChanged, match="AutoblockIpBlock_19098752 does not fit its schema"):
        write(sink, KEY, blocks(20))
    other.execute(f"ALTER TABLE {TABLE} {mend}")
    assert write(sink, KEY, blocks(20)) == []
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(20,)]


def test_no_row_is_seen_before_all_are(fresh: Settings, sink: MysqlSink, other: Any) -> None:
    count = 2 * fresh.mysql.insert_rows + 1
    assert write(sink, KEY, blocks(count)) == []
    assert rows_of(other, f"SELECT COUNT(*) FROM {TABLE}") == [(count,)]
