"""A connection to MySQL, and what an error of a statement says of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
from MySQLdb.constants import ER

from elfaust.errors import TableChanged, TableLocked
from elfaust.settings import Mysql

#: What is wrong with a row or its table; any other error is the server's.
FAULTS = {
    ER.WARN_DATA_OUT_OF_RANGE,
    ER.DATA_TOO_LONG,
    ER.TRUNCATED_WRONG_VALUE,
    ER.TRUNCATED_WRONG_VALUE_FOR_FIELD,
    ER.WARN_DATA_TRUNCATED,
    ER.BAD_NULL_ERROR,
    ER.CANT_CREATE_TABLE,
    ER.DUP_FIELDNAME,
    ER.TOO_BIG_ROWSIZE,
    ER.TOO_MANY_FIELDS,
}
#: What says that a table is not as its schema made it.
CHANGED = {
    ER.BAD_FIELD_ERROR,
    ER.NO_DEFAULT_FOR_FIELD,
    ER.NO_SUCH_TABLE,
    ER.WRONG_VALUE_COUNT_ON_ROW,
}
#: Where a table cannot be created for what the system says (no room, no right), its number; the
#: storage engine's own begin at 120 (MariaDB, my_base.h, HA_ERR_FIRST).
SYSTEM_ERROR = re.compile(r"errno: (?:\d{1,2}|1[01]\d)\b")
#: Longest wait for a lock: a table that somebody holds must not hold up the others.
LOCK_SECONDS = 3


class DataFault(Exception):
    """MySQL refused a statement for what it holds."""


def connect(mysql: Mysql) -> Any:
    """Return a connection that refuses, rather than alters, what does not fit.

    Raises MySQLdb.Error when the server does not answer.
    """
    return MySQLdb.connect(
        host=mysql.host,
        port=mysql.port,
        user=mysql.user,
        password=mysql.password,
        database=mysql.database,
        charset="utf8mb4",
        connect_timeout=max(1, int(mysql.timeout)),
        read_timeout=max(1, int(mysql.timeout)),
        write_timeout=max(1, int(mysql.timeout)),
        sql_mode="STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
        init_command=(
            f"SET time_zone = '+00:00', lock_wait_timeout = {LOCK_SECONDS}"
            f", innodb_lock_wait_timeout = {LOCK_SECONDS}"
        ),
    )


def largest_event(connection: Any) -> int:
    """Return the largest event whose row fits one packet, bytes.

    Escaping may double an event; a server hangs up on a packet that is too large.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        [(packet,)] = cursor.fetchall()
    return int(packet) // 2


@contextmanager
def about(table: str) -> Iterator[None]:
    """Have the errors of statements about a table say what they mean.

    Raises DataFault, TableChanged or TableLocked; an error of the server's comes as it is.
    """
    try:
        yield
    except MySQLdb.Error as error:
        number, text = (*error.args, 0, "")[:2]
        if number == ER.LOCK_WAIT_TIMEOUT:
            raise TableLocked(table, str(text)) from error
        if number in CHANGED:
            raise TableChanged(table, str(text)) from error
        of_system = number == ER.CANT_CREATE_TABLE and SYSTEM_ERROR.search(str(text))
        if number in FAULTS and not of_system:
            raise DataFault(str(text)) from error
        raise
