"""A connection to MySQL, and what an error of a statement says of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
from MySQLdb.constants import ER

from elfaust.errors import TableChanged, TableLocked, TableTrouble
from elfaust.settings import Mysql

#: What MySQL says where the server cannot serve, whatever the table. Any number that stands neither
#: here nor in VALUES is taken for one table's: a list that lacks one must not hold up all tables.
SERVER = frozenset(
    {
        1021,  # the disk is full
        # MariaDB 11: another transaction was faster.
        ER.CHECKREAD,
        ER.OUTOFMEMORY,
        ER.OUT_OF_SORTMEMORY,
        ER.CON_COUNT_ERROR,
        ER.OUT_OF_RESOURCES,
        ER.BAD_HOST_ERROR,
        ER.HANDSHAKE_ERROR,
        ER.DBACCESS_DENIED_ERROR,
        ER.ACCESS_DENIED_ERROR,
        ER.NO_DB_ERROR,
        # Of Galera: the node does not serve now.
        ER.UNKNOWN_COM_ERROR,
        ER.BAD_DB_ERROR,
        ER.SERVER_SHUTDOWN,
        ER.SHUTDOWN_COMPLETE,
        ER.FORCING_CLOSE,
        ER.RECORD_FILE_FULL,
        ER.HOST_IS_BLOCKED,
        ER.HOST_NOT_PRIVILEGED,
        ER.CANT_CREATE_THREAD,
        ER.ABORTING_CONNECTION,
        ER.NET_READ_ERROR_FROM_PIPE,
        ER.NET_FCNTL_ERROR,
        ER.NET_PACKETS_OUT_OF_ORDER,
        ER.NET_UNCOMPRESS_ERROR,
        ER.NET_READ_ERROR,
        ER.NET_READ_INTERRUPTED,
        ER.NET_ERROR_ON_WRITE,
        ER.NET_WRITE_INTERRUPTED,
        ER.NEW_ABORTING_CONNECTION,
        ER.ERROR_DURING_COMMIT,
        ER.ERROR_DURING_ROLLBACK,
        ER.TOO_MANY_USER_CONNECTIONS,
        ER.LOCK_TABLE_FULL,
        ER.READ_ONLY_TRANSACTION,
        ER.LOCK_DEADLOCK,
        ER.USER_LIMIT_REACHED,
        ER.OPTION_PREVENTS_STATEMENT,
        ER.QUERY_INTERRUPTED,
        ER.TOO_MANY_CONCURRENT_TRXS,
        ER.CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
        ER.MUST_CHANGE_PASSWORD,
        1836,  # MySQL: "Running in read-only mode"
        1927,  # MariaDB: "Connection was killed"
        1969,  # MariaDB: max_statement_time exceeded
        3024,  # MySQL: max_execution_time exceeded
        3100,  # MySQL: a group of replicas refuses the commit
        3101,  # MySQL: the same, rolled back
    }
)
#: Numbers of the client's own errors: the connection is lost, or there was none.
CLIENT = range(2000, 3000)
#: Errors that name a number of the system: that a disk is full, that a right is missing.
OF_SYSTEM = frozenset(
    {
        ER.CANT_CREATE_FILE,
        ER.CANT_CREATE_TABLE,
        ER.CANT_OPEN_FILE,
        ER.ERROR_ON_READ,
        ER.ERROR_ON_WRITE,
        ER.GET_ERRNO,
    }
)
#: The storage engine's own numbers begin at 120 (MariaDB, my_base.h, HA_ERR_FIRST).
SYSTEM_ERROR = re.compile(r"(?:errno:|Got error) (?:\d{1,2}|1[01]\d)\b")
#: What MySQL says of a value that its column cannot hold.
VALUES = frozenset(
    {
        ER.WARN_DATA_OUT_OF_RANGE,
        ER.DATA_TOO_LONG,
        ER.TRUNCATED_WRONG_VALUE,
        ER.TRUNCATED_WRONG_VALUE_FOR_FIELD,
        ER.WARN_DATA_TRUNCATED,
        ER.BAD_NULL_ERROR,
    }
)
#: What says that a table is not as its schema made it.
CHANGED = frozenset(
    {
        ER.BAD_FIELD_ERROR,
        ER.NO_DEFAULT_FOR_FIELD,
        ER.NO_SUCH_TABLE,
        ER.WRONG_VALUE_COUNT_ON_ROW,
    }
)
#: What to do where MySQL itself says it best.
CURES = {
    ER.NO_SUCH_TABLE: "none needed, it is made again",
    ER.TABLEACCESS_DENIED_ERROR: "elfaust doctor prints the GRANT",
    ER.LOCK_WAIT_TIMEOUT: "SHOW PROCESSLIST, and end who holds it",
}
LOOK = "elfaust doctor compares it with its schema"
#: Longest wait for a lock: a table that somebody holds must not hold up the others.
LOCK_SECONDS = 3


class DataFault(Exception):
    """MySQL refused a statement for a value in it."""


class DriverFault(Exception):
    """MySQL's driver could not send a statement for what it holds."""


def server_name(mysql: Mysql) -> str:
    """Return what messages call the server."""
    return f"MySQL {mysql.host}:{mysql.port}"


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
def translating_errors(table: str, *, of_rows: bool = False) -> Iterator[None]:
    """Have the errors of statements about a table say what they mean.

    Raises a kind of TableTrouble; an error of the server's comes as it is. Of a statement that
    brings rows it raises DataFault where a value is at fault, DriverFault where it cannot be sent.
    """
    try:
        yield
    except MySQLdb.Error as error:
        number, text = (*error.args, 0, "")[:2]
        if isinstance(error, MySQLdb.ProgrammingError) and not isinstance(number, int):
            if of_rows:
                raise DriverFault(str(error)) from error
            raise TableTrouble(table, f"MySQL's driver says: {error}", LOOK) from error
        if is_of_server(number, str(text)):
            raise
        if of_rows and number in VALUES:
            raise DataFault(str(text)) from error
        kind = TableLocked if number == ER.LOCK_WAIT_TIMEOUT else TableTrouble
        kind = TableChanged if number in CHANGED else kind
        raise kind(table, f"MySQL says {number}: {text}", CURES.get(number, LOOK)) from error


def is_of_server(number: object, text: str) -> bool:
    """Tell whether an error says that the server cannot serve now, whatever is asked of it."""
    if number in OF_SYSTEM:
        return SYSTEM_ERROR.search(text) is not None
    # A connection that is closed has no number, or 0.
    return not isinstance(number, int) or not number or number in CLIENT or number in SERVER
