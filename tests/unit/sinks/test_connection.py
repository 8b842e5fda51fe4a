"""What an error of a statement says: of its values, of its table, or of the server."""

from __future__ import annotations

import MySQLdb
import pytest
from MySQLdb.constants import CR, ER

from elfaust.errors import TableChanged, TableLocked
from elfaust.sinks.connection import DataFault, about

NO_TABLE = "Can't create table `log`.`t` (errno: {})"


@pytest.mark.parametrize(
    ("arguments", "meaning"),
    [
        ((ER.DATA_TOO_LONG, "Data too long for column 'a' at row 1"), DataFault),
        ((ER.WARN_DATA_OUT_OF_RANGE, "Out of range value"), DataFault),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('140 "Wrong create options"')), DataFault),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('28 "No space left"')), MySQLdb.Error),
        ((ER.CANT_CREATE_TABLE, NO_TABLE.format('13 "Permission denied"')), MySQLdb.Error),
        ((ER.RECORD_FILE_FULL, "The table 't' is full"), MySQLdb.Error),
        ((ER.BAD_FIELD_ERROR, "Unknown column 'a'"), TableChanged),
        ((ER.NO_SUCH_TABLE, "Table 't' doesn't exist"), TableChanged),
        ((ER.LOCK_WAIT_TIMEOUT, "Lock wait timeout exceeded"), TableLocked),
        ((ER.LOCK_DEADLOCK, "Deadlock found"), MySQLdb.Error),
        ((CR.SERVER_LOST, "Lost connection"), MySQLdb.Error),
        ((), MySQLdb.Error),
    ],
)
def test_an_error_says_what_is_wrong(
    arguments: tuple[object, ...], meaning: type[Exception]
) -> None:
    given = MySQLdb.OperationalError(*arguments)
    with pytest.raises(meaning) as caught, about("t"):
        raise given
    assert caught.value is given or caught.value.__cause__ is given
