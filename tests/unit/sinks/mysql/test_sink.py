"""The MySQL sink without a server; tests/integration/test_mysql_sink.py has the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import MySQLdb
import pytest
from MySQLdb.constants import ER

from elfaust.errors import SchemaAway, ServerAway, Unforeseen
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import DriverFault
from elfaust.sinks.mysql.rows import Row, RowMaker
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_events, write
from elfaust.words.hints import OTHERS_PLACE
from tests.unit.sinks.mysql.fakes import GONE, KEY, RECORDS, sink_on


def test_all_rows_are_committed(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    assert write(sink, KEY, RECORDS) == []
    assert len(connection.committed) == len(RECORDS)


def test_a_batch_is_halved_until_the_bad_row_is_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    bad = f"{5:032x}"
    error = MySQLdb.DataError(ER.DATA_TOO_LONG, "Data too long for column 'event_ip' at row 1")
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: error if any(bad in row for row in rows) else None
    )
    [(record, fault)] = write(sink, KEY, RECORDS)
    assert record is RECORDS[5]
    assert (fault.code, fault.schema, fault.revision) == ("consumer", *KEY)
    assert "AutoblockIpBlock_19098752" in fault.message
    assert "event_ip" in fault.message
    assert len(connection.committed) == len(RECORDS) - 1


def test_a_row_that_the_driver_cannot_send_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    bad = f"{5:032x}"
    error = UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: error if any(bad in row for row in rows) else None
    )
    [(record, fault)] = write(sink, KEY, RECORDS)
    assert record is RECORDS[5]
    assert isinstance(fault, Unforeseen)
    assert len(connection.committed) == len(RECORDS) - 1


def test_a_driver_that_sends_nothing_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: MySQLdb.ProgrammingError("not all arguments converted")
    )
    with pytest.raises(DriverFault, match="not all arguments"):
        write(sink, KEY, RECORDS)
    assert connection.committed == []


def test_a_row_that_cannot_be_made_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    makes = RowMaker.row

    def row(maker: RowMaker, value: bytes) -> Row:
        if b'"blockId":5,' in value:
            raise RecursionError("nobody foresaw it")
        return makes(maker, value)

    monkeypatch.setattr(RowMaker, "row", row)
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    [(record, fault)] = write(sink, KEY, RECORDS)
    assert record is RECORDS[5]
    assert isinstance(fault, Unforeseen)
    assert len(connection.committed) == len(RECORDS) - 1


@pytest.mark.parametrize(
    "error", [GONE, MySQLdb.OperationalError(ER.LOCK_DEADLOCK, "Deadlock found")]
)
def test_after_a_server_s_error_the_same_write_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, error: Exception
) -> None:
    errors: list[Exception | None] = [None, error, None, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    with pytest.raises(ServerAway):
        write(sink, KEY, RECORDS)
    assert connection.committed == []
    assert write(sink, KEY, RECORDS) == []
    assert len(connection.committed) == len(RECORDS)


def test_a_server_that_stays_away_is_named(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: GONE)
    with pytest.raises(ServerAway, match=r"MySQL 127\.0\.0\.1:1 .*gone away"):
        write(sink, KEY, RECORDS)
    assert connection.committed == []


def test_events_of_a_schema_that_this_machine_does_not_have_wait(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    with pytest.raises(SchemaAway, match="NoSuchSchema"):
        write(sink, SchemaKey("NoSuchSchema", 1), RECORDS)
    assert connection.committed == []


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b'{"event":null,"dt":"2020"}'])
def test_what_is_no_event_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, value: bytes
) -> None:
    broken = RECORDS[0]._replace(value=value)
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    [(record, _)] = write(sink, KEY, [broken, *RECORDS[1:]])
    assert record is broken
    assert len(connection.committed) == len(RECORDS) - 1


def test_ping_raises_where_nobody_answers(settings: Settings) -> None:
    with pytest.raises(MySQLdb.Error):
        MysqlSink(settings, Registry(settings.schemas)).ping()


def test_what_is_rejected_is_told_once_the_others_are_committed(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    committed: list[int] = []
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    batch = [RECORDS[0]._replace(value=b"{"), *RECORDS[1:]]
    sink.write(
        [make_events(KEY, batch)], lambda refused: committed.append(len(connection.committed))
    )
    assert committed == [len(RECORDS) - 1]


def test_events_of_a_schema_that_can_have_no_table_are_refused(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    key = SchemaKey("Foo", 1)
    (tmp_path / "Foo").mkdir()
    columns = {f"c{n}": {"type": "integer"} for n in range(2_000)}
    (tmp_path / "Foo" / "1.json").write_text(json.dumps({"properties": columns}))
    _, connection = sink_on(monkeypatch, settings, lambda rows: None)
    schemas = replace(settings.schemas, folder=str(tmp_path))
    refused = write(MysqlSink(settings, Registry(schemas)), key, RECORDS)
    assert [rejected.record for rejected in refused] == RECORDS
    assert {(r.fault.code, r.fault.schema) for r in refused} == {("consumer", "Foo")}
    assert connection.committed == []


def test_an_event_that_no_statement_can_hold_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    monkeypatch.setattr("elfaust.sinks.mysql.sink.largest_event", lambda _: 200)
    large = RECORDS[0]._replace(value=RECORDS[0].value + b" " * 200)
    [(record, fault)] = write(sink, KEY, [large, *RECORDS[1:]])
    assert record is large
    assert "max_allowed_packet" in fault.message
    assert len(connection.committed) == len(RECORDS) - 1


def test_events_whose_table_is_another_schema_s_are_refused_with_a_cure(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    monkeypatch.setattr("elfaust.sinks.mysql.sink.owner_of", lambda cursor, name: "Other_1")
    refused = write(sink, KEY, RECORDS)
    assert [rejected.record for rejected in refused] == RECORDS
    assert {r.fault.hint for r in refused} == {OTHERS_PLACE}
    assert connection.committed == []
