"""The MySQL sink without a server; tests/integration/test_mysql_sink.py has the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import MySQLdb
import pytest
from MySQLdb.constants import CR, ER

from elfaust.columns import columns_of
from elfaust.errors import SchemaAway, ServerAway, TableChanged
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks import mysql
from elfaust.sinks.mysql import MysqlSink
from elfaust.types import Record, SchemaKey

KEY = SchemaKey("AutoblockIpBlock", 19098752)
GONE = MySQLdb.OperationalError(CR.SERVER_GONE_ERROR, "MySQL server has gone away")
RECORDS = [
    Record(
        b'{"event":{"blockId":%d,"ip":"::1"},"uuid":"%032x","dt":"2020-09-13T12:26:40Z"}' % (n, n),
        n,
        0,
        "",
        -1,
    )
    for n in range(8)
]


class FakeConnection:
    """Keeps the rows of what was committed; raises what `refuses` gives for a batch.

    Its table shows the types of `shown`, by column; those of the schema where it names none.
    """

    def __init__(self, refuses: Any, shown: dict[str, str]) -> None:
        self.refuses = refuses
        schema = Registry(Settings().schemas).find(KEY)
        self.shown = [
            (c.name, shown.get(c.name, c.sql_type), not c.nullable, False, c.unique)
            for c in columns_of(KEY, schema.event)
        ]
        self.pending: list[Any] = []
        self.committed: list[Any] = []
        self.statements: list[Any] = []

    def cursor(self) -> FakeConnection:
        return self

    def __enter__(self) -> FakeConnection:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: Any, parameters: tuple[Any, ...] = ()) -> None:
        self.statements.append(statement)

    def fetchall(self) -> list[tuple[Any, ...]]:
        if "information_schema.columns" in self.statements[-1]:
            return self.shown
        return [(16_000_000 if "max_allowed_packet" in self.statements[-1] else "",)]

    def executemany(self, statement: bytes, rows: list[Any]) -> None:
        error = self.refuses(rows)
        if error is not None:
            raise error
        self.pending += rows

    def commit(self) -> None:
        self.committed += self.pending
        self.pending = []

    def close(self) -> None:
        self.pending = []


@pytest.fixture
def settings() -> Settings:
    base = Settings()
    return replace(base, mysql=replace(base.mysql, port=1, insert_rows=4))


def sink_on(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    refuses: Any,
    shown: dict[str, str] | None = None,
) -> tuple[MysqlSink, FakeConnection]:
    connection = FakeConnection(refuses, shown or {})
    monkeypatch.setattr(mysql, "connect", lambda _: connection)
    return MysqlSink(settings, Registry(settings.schemas)), connection


def test_all_rows_are_committed(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    assert sink.write(KEY, RECORDS) == []
    assert len(connection.committed) == len(RECORDS)


def test_a_batch_is_halved_until_the_bad_row_is_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    bad = f"{5:032x}"
    error = MySQLdb.DataError(ER.DATA_TOO_LONG, "Data too long for column 'event_ip' at row 1")
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: error if any(bad in row for row in rows) else None
    )
    [(record, fault)] = sink.write(KEY, RECORDS)
    assert record is RECORDS[5]
    assert (fault.code, fault.schema, fault.revision) == ("consumer", *KEY)
    assert "AutoblockIpBlock_19098752" in fault.message
    assert "event_ip" in fault.message
    assert len(connection.committed) == len(RECORDS) - 1


NOT_INT = MySQLdb.DataError(
    ER.TRUNCATED_WRONG_VALUE_FOR_FIELD,
    "Incorrect integer value: '::1' for column `log`.`AutoblockIpBlock_19098752`.`event_ip`",
)


def test_values_that_an_altered_column_refuses_wait(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: NOT_INT, {"event_ip": "int(11)", "wiki": "int(11)"}
    )
    with pytest.raises(TableChanged, match=r"column event_ip is int\(11\), not VARCHAR\(1024\)$"):
        sink.write(KEY, RECORDS)
    assert connection.committed == []


def test_a_column_altered_elsewhere_is_no_excuse_for_a_bad_value(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    bad = f"{5:032x}"
    sink, connection = sink_on(
        monkeypatch,
        settings,
        lambda rows: NOT_INT if any(bad in row for row in rows) else None,
        {"wiki": "int(11)"},
    )
    assert [record for record, _ in sink.write(KEY, RECORDS)] == [RECORDS[5]]
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
        sink.write(KEY, RECORDS)
    assert connection.committed == []
    assert sink.write(KEY, RECORDS) == []
    assert len(connection.committed) == len(RECORDS)


def test_a_server_that_stays_away_is_named(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: GONE)
    with pytest.raises(ServerAway, match=r"MySQL 127\.0\.0\.1:1 .*gone away"):
        sink.write(KEY, RECORDS)
    assert connection.committed == []


def test_a_table_that_was_dropped_is_created_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    errors = [MySQLdb.ProgrammingError(ER.NO_SUCH_TABLE, "no such table"), None, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    with pytest.raises(TableChanged):
        sink.write(KEY, RECORDS)
    assert sink.write(KEY, RECORDS) == []
    created = [s for s in connection.statements if str(s).startswith("CREATE TABLE")]
    assert len(created) == 2


def test_events_of_a_schema_that_this_machine_does_not_have_wait(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    with pytest.raises(SchemaAway, match="NoSuchSchema"):
        sink.write(SchemaKey("NoSuchSchema", 1), RECORDS)
    assert connection.committed == []


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b'{"event":null,"dt":"2020"}'])
def test_what_is_no_event_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, value: bytes
) -> None:
    broken = RECORDS[0]._replace(value=value)
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    [(record, _)] = sink.write(KEY, [broken, *RECORDS[1:]])
    assert record is broken
    assert len(connection.committed) == len(RECORDS) - 1


def test_ping_raises_where_nobody_answers(settings: Settings) -> None:
    with pytest.raises(MySQLdb.Error):
        MysqlSink(settings, Registry(settings.schemas)).ping()
