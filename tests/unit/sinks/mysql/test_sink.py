"""The MySQL sink without a server; tests/integration/test_mysql_sink.py has the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import MySQLdb
import pytest
from MySQLdb.constants import CR, ER

from elfaust.errors import SchemaAway, ServerAway, TableChanged, TableTrouble, Unforeseen
from elfaust.records import SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql import sink as mysql
from elfaust.sinks.mysql.connection import DriverFault
from elfaust.sinks.mysql.hazards import FACTS
from elfaust.sinks.mysql.rows import Row, RowMaker
from elfaust.sinks.mysql.sink import MysqlSink
from elfaust.testing import make_record, write
from tests.unit.sinks.fakes import ShownTable, table_of

KEY = SchemaKey("AutoblockIpBlock", 19098752)
GONE = MySQLdb.OperationalError(CR.SERVER_GONE_ERROR, "MySQL server has gone away")
RECORDS = [
    make_record(
        b'{"event":{"blockId":%d,"ip":"::1"},"uuid":"%032x","dt":"2020-09-13T12:26:40Z"}' % (n, n),
        n,
        0,
    )
    for n in range(8)
]


class FakeConnection:
    """Keeps the rows of what was committed; raises what `refuses` gives for a batch."""

    def __init__(self, refuses: Any, table: ShownTable) -> None:
        self.refuses = refuses
        self.table = table
        self.pending: list[Any] = []
        self.committed: list[Any] = []
        self.statements: list[Any] = []
        #: Uuids that rows take with them where they are lost.
        self.swallows: set[str] = set()
        self._found: Any = []

    def thread_id(self) -> int:
        return 1

    def cursor(self) -> FakeConnection:
        return self

    def __enter__(self) -> FakeConnection:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: Any, parameters: tuple[Any, ...] = ()) -> None:
        self.statements.append(statement)
        if "max_allowed_packet" in statement:
            self._found = [(16_000_000,)]
        elif statement.startswith("SELECT uuid"):
            there = {row[0] for row in self.committed + self.pending}
            self._found = [(uuid,) for uuid in parameters[0] if uuid in there]
        elif statement.startswith("SELECT 1 FROM"):
            self._found = [(1,)] if self.committed + self.pending else []
        else:
            self._found = self.table.answer(statement)

    def fetchall(self) -> Any:
        return self._found

    def executemany(self, statement: bytes, rows: list[Any]) -> int:
        self.statements.append(statement)
        error = self.refuses(rows)
        if error is not None:
            raise error
        there = {row[0] for row in self.committed + self.pending} | self.swallows
        new = [row for row in rows if row[0] not in there]
        self.pending += new
        return len(new)

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
    **types: str,
) -> tuple[MysqlSink, FakeConnection]:
    columns = columns_of(KEY, Registry(settings.schemas).find(KEY).event)
    connection = FakeConnection(refuses, table_of(columns, **types))
    monkeypatch.setattr(mysql, "connect", lambda _: connection)
    return MysqlSink(settings, Registry(settings.schemas)), connection


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


NOT_INT = MySQLdb.DataError(
    ER.TRUNCATED_WRONG_VALUE_FOR_FIELD,
    "Incorrect integer value: '::1' for column `log`.`AutoblockIpBlock_19098752`.`event_ip`",
)


def altered(connection: FakeConnection, **given: Any) -> None:
    connection.table = replace(connection.table, **given)


@pytest.mark.parametrize("column", ["event_ip", "wiki"])
def test_what_an_altered_table_refuses_waits(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, column: str
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: NOT_INT, **{column: "int(11)"})
    with pytest.raises(TableChanged, match=rf"column {column} is int\(11\), not VARCHAR\(1024\)"):
        write(sink, KEY, RECORDS)
    assert connection.committed == []


def test_nothing_is_committed_to_a_table_that_was_altered_harmfully(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    write(sink, KEY, RECORDS[:4])
    altered(connection, unique=[("mine", "event_blockId", None), ("ix_uuid", "uuid", None)])
    for _ in range(2):
        with pytest.raises(TableChanged, match=r"unique index mine .*DROP INDEX `mine`"):
            write(sink, KEY, RECORDS)
    assert len(connection.committed) == 4
    altered(connection, unique=[("ix_uuid", "uuid", None)])
    assert write(sink, KEY, RECORDS) == []
    assert len(connection.committed) == len(RECORDS)


def test_a_table_is_compared_when_it_has_changed_and_no_more(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    for n, next_id in enumerate([1, 5, 9]):
        altered(connection, next_id=next_id)
        write(sink, KEY, RECORDS[2 * n : 2 * n + 2])
    assert connection.statements.count(FACTS) == 1
    altered(connection, constraints=[("foo", "CHECK")])
    with pytest.raises(TableChanged, match="CHECK foo refuses rows"):
        write(sink, KEY, RECORDS[6:])


def test_rows_that_vanish_hold_the_table(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    connection.swallows = {f"{5:032x}"}
    with pytest.raises(TableTrouble, match=f"1 of 4 rows are not in it, as uuid {5:032x}"):
        write(sink, KEY, RECORDS)
    assert connection.committed == []


@pytest.mark.parametrize(
    "error",
    [
        MySQLdb.OperationalError(4025, "CONSTRAINT `foo` failed"),
        MySQLdb.OperationalError(ER.NON_INSERTABLE_TABLE, "is not insertable-into"),
        MySQLdb.DataError(167, "Out of range value for column 'id' at row 1"),
        MySQLdb.DataError(ER.WARN_DATA_OUT_OF_RANGE, "Out of range value for column 'mine'"),
        MySQLdb.OperationalError(9999, "Nobody has seen it before"),
        MySQLdb.OperationalError(ER.TABLEACCESS_DENIED_ERROR, "INSERT command denied"),
    ],
)
def test_what_is_known_neither_of_the_server_nor_of_a_value_holds_the_table_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, error: Exception
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: error)
    with pytest.raises(TableTrouble, match="AutoblockIpBlock_19098752") as caught:
        write(sink, KEY, RECORDS)
    assert error.args[1] in str(caught.value)
    assert "; cure: " in str(caught.value)
    assert connection.committed == []


def test_an_id_that_is_used_up_is_told_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    error = MySQLdb.DataError(167, "Out of range value for column 'id' at row 1")
    errors = [None, None, error]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    altered(connection, next_id=1_717_986_918)
    write(sink, KEY, RECORDS[:2])
    assert "more than 80 % of the numbers of its id are used" not in caplog.text
    altered(connection, next_id=1_717_986_919)
    write(sink, KEY, RECORDS[2:4])
    assert "more than 80 % of the numbers of its id are used" in caplog.text
    with pytest.raises(TableChanged, match="MODIFY COLUMN `id` BIGINT AUTO_INCREMENT NOT NULL"):
        write(sink, KEY, RECORDS[4:])


def lookups(connection: FakeConnection) -> int:
    return sum(str(statement).startswith("SELECT uuid") for statement in connection.statements)


def test_a_batch_that_comes_again_inserts_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    inserted: list[str] = []
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: inserted.extend(row[0] for row in rows)
    )
    write(sink, KEY, RECORDS[:2], 0)
    sink.on_revoked()
    write(sink, KEY, RECORDS[:4], 0)
    assert len(inserted) == len(set(inserted)) == 4
    # Its repeats are over once a batch has none: from then on nothing is looked up.
    write(sink, KEY, RECORDS[4:5], 0)
    before = lookups(connection)
    write(sink, KEY, RECORDS[5:6], 0)
    assert lookups(connection) == before
    write(sink, KEY, RECORDS[6:8], 0, 1)
    assert lookups(connection) == before + 1
    assert len(connection.committed) == 8


def test_of_a_table_that_was_empty_no_lane_looks_rows_up(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    write(sink, KEY, RECORDS[:2], 0)
    write(sink, KEY, RECORDS[2:4], 0, 3)
    assert lookups(connection) == 0
    assert len(connection.committed) == 4


def test_after_a_write_that_failed_rows_are_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    errors: list[Exception | None] = [None, GONE, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    write(sink, KEY, RECORDS[:2], 0)
    with pytest.raises(ServerAway):
        write(sink, KEY, RECORDS[2:4], 0)
    before = lookups(connection)
    write(sink, KEY, RECORDS[2:4], 0)
    assert lookups(connection) == before + 1


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


def test_a_table_that_was_dropped_is_created_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    errors = [MySQLdb.ProgrammingError(ER.NO_SUCH_TABLE, "no such table"), None, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    with pytest.raises(TableChanged):
        write(sink, KEY, RECORDS)
    assert write(sink, KEY, RECORDS) == []
    created = [s for s in connection.statements if str(s).startswith("CREATE TABLE")]
    assert len(created) == 2


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
