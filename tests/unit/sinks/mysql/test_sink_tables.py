"""A table that does not take rows as it must is held alone, with its cure."""

from __future__ import annotations

import MySQLdb
import pytest
from MySQLdb.constants import ER

from elfaust.errors import TableChanged, TableTrouble
from elfaust.settings import Settings
from elfaust.sinks.mysql.hazards import FACTS
from elfaust.testing import write
from tests.unit.sinks.mysql.fakes import KEY, RECORDS, altered, sink_on

NOT_INT = MySQLdb.DataError(
    ER.TRUNCATED_WRONG_VALUE_FOR_FIELD,
    "Incorrect integer value: '::1' for column `log`.`AutoblockIpBlock_19098752`.`event_ip`",
)


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
