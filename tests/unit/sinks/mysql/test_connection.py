"""What an error of a statement says: of its values, of its table, or of the server."""

from __future__ import annotations

import MySQLdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from MySQLdb.constants import CR, ER

from elfaust.errors import TableChanged, TableLocked, TableTrouble
from elfaust.sinks.mysql.connection import (
    CHANGED,
    OF_SYSTEM,
    SERVER,
    VALUES,
    DataFault,
    DriverFault,
    translating_errors,
)

NO_TABLE = "Can't create table `log`.`t` (errno: {})"


@pytest.mark.parametrize(
    ("arguments", "meaning"),
    [
        ((ER.DATA_TOO_LONG, "Data too long for column 'a' at row 1"), DataFault),
        ((ER.WARN_DATA_OUT_OF_RANGE, "Out of range value"), DataFault),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('140 "Wrong create options"')), TableTrouble),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('28 "No space left"')), MySQLdb.Error),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('13 "Permission denied"')), MySQLdb.Error),
        ((ER.RECORD_FILE_FULL, "The table 't' is full"), MySQLdb.Error),
        ((ER.BAD_FIELD_ERROR, "Unknown column 'a'"), TableChanged),
        ((ER.NO_SUCH_TABLE, "Table 't' doesn't exist"), TableChanged),
        ((ER.LOCK_WAIT_TIMEOUT, "Lock wait timeout exceeded"), TableLocked),
        ((ER.LOCK_DEADLOCK, "Deadlock found"), MySQLdb.Error),
        ((CR.SERVER_LOST, "Lost connection"), MySQLdb.Error),
        ((ER.GET_ERRNO, 'Got error 28 "No space left" from storage engine'), MySQLdb.Error),
        ((ER.GET_ERRNO, 'Got error 194 "Tablespace is missing"'), TableTrouble),
        ((4025, "CONSTRAINT `a` failed"), TableTrouble),
        ((167, "Out of range value for column 'id' at row 1"), TableTrouble),
        ((ER.TOO_MANY_KEYS, "Too many keys specified"), TableTrouble),
        ((ER.PARSE_ERROR, "You have an error in your SQL syntax"), TableTrouble),
        ((ER.DUP_ENTRY, "Duplicate entry"), TableTrouble),
        ((0, ""), MySQLdb.Error),
        ((), MySQLdb.Error),
    ],
)
def test_an_error_says_what_is_wrong(
    arguments: tuple[object, ...], meaning: type[Exception]
) -> None:
    raised = MySQLdb.OperationalError(*arguments)
    with pytest.raises(meaning) as caught, translating_errors("t", of_rows=True):
        raise raised
    assert caught.value is raised or caught.value.__cause__ is raised


@given(st.integers(1, 1999) | st.integers(3000, 70_000))
def test_a_number_on_no_list_is_one_table_s(number: int) -> None:
    assume(number not in SERVER | VALUES | OF_SYSTEM)
    with (
        pytest.raises(TableTrouble, match=f"table t .*{number}.*; cure: "),
        translating_errors("t"),
    ):
        raise MySQLdb.OperationalError(number, "said so")


def test_what_the_driver_itself_refuses_has_no_number() -> None:
    for kind, of_rows in ((DriverFault, True), (TableTrouble, False)):
        with (
            pytest.raises(kind, match="not all arguments"),
            translating_errors("t", of_rows=of_rows),
        ):
            raise MySQLdb.ProgrammingError("not all arguments converted")


def test_only_a_statement_that_brings_rows_blames_a_value() -> None:
    with pytest.raises(TableTrouble, match="Data too long"), translating_errors("t"):
        raise MySQLdb.DataError(ER.DATA_TOO_LONG, "Data too long for column 'a' at row 1")


def test_no_number_is_on_two_lists() -> None:
    lists = [SERVER, VALUES, OF_SYSTEM, CHANGED]
    assert len(frozenset().union(*lists)) == sum(map(len, lists))
