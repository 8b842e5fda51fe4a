"""The rows of one write on their way into one table: repeats forgiven, a bad row alone refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import MySQLdb

from elfaust.boundary import unforeseen
from elfaust.errors import EventFault, SchemaWaits, TableTrouble
from elfaust.records import Record, SchemaKey
from elfaust.schema.columns import Column
from elfaust.schema.shape import Place
from elfaust.sinks.base import Rejected
from elfaust.sinks.mysql.connection import LOOK, DataFault, translating_errors
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.rows import Row, RowMaker, Unfit
from elfaust.sinks.mysql.watch import TableWatch

#: An event that every table takes.
KNOWN_GOOD = (
    b'{"uuid": "00000000000000000000000000000000", "dt": "2020-01-01T00:00:00Z",'
    b' "wiki": "", "recvFrom": "", "seqId": 0, "event": {}}'
)
Rows = Sequence[tuple[Record, Row]]


class Table:
    """A table that exists: how its rows are made and inserted."""

    def __init__(self, name: str, columns: Sequence[Column], shape: Place | None = None) -> None:
        self.name = name
        self.maker = RowMaker(columns, shape)
        self.watch = TableWatch(name, columns)
        names = ", ".join(quoted(column.name) for column in self.maker.columns)
        # mysqlclient formats the statement: a percent sign of its own is doubled.
        into = f"{quoted(name)} ({names})".replace("%", "%%")
        values = ", ".join(["%s"] * len(self.maker.columns))
        self.insert = (
            f"INSERT INTO {into} VALUES ({values}) ON DUPLICATE KEY UPDATE uuid = uuid"
        ).encode()
        there = quoted(name).replace("%", "%%")
        self.which = f"SELECT uuid FROM {there} WHERE uuid IN %s"

    def named_by(self, error: Exception) -> Column | None:
        """Return the column that an error is about, None where it names none of an event's."""
        if isinstance(error, Unfit):
            return error.column
        # Names hold quotes too, and the value before them is anybody's: the last name counts.
        found = [(_named_at(str(error), column.name), column) for column in self.maker.columns]
        at, column = max(found, key=lambda one: (one[0], len(one[1].name)))
        return column if at >= 0 else None

    def fault(
        self, key: SchemaKey, uuid: str, error: Exception, column: Column | None
    ) -> EventFault:
        """Return the fault of an event whose row cannot be stored."""
        path = "" if column is None else "$" + "".join(f".{part}" for part in column.path)
        hint = "" if column is None else f"Send {path} so that it fits {column.sql_type}."
        message = f"table {self.name}, event {uuid}: {error}"
        return EventFault("consumer", message, *key, path=path, hint=hint)


def _named_at(text: str, name: str) -> int:
    """Return where an error of MySQL names a column last, -1 where it does not."""
    forms = (f"olumn '{name}'", f"`.`{name}`", f"`.{quoted(name)}")
    return max(map(text.rfind, forms))


class Insertion:
    """One transaction's rows into one table; `refused` are the records that cannot be stored."""

    def __init__(
        self, connection: Any, table: Table, key: SchemaKey, step: int, statement_bytes: int
    ) -> None:
        """Insert `step` rows a statement of at most `statement_bytes`."""
        self._connection = connection
        self._table = table
        self._key = key
        self._step = step
        self._statement_bytes = statement_bytes
        self.refused: list[Rejected] = []
        #: Whether a row was in the table before.
        self.repeats = False
        #: How many rows are new.
        self.stored = 0
        self._looked = False

    def insert(self, rows: Rows) -> None:
        """Insert rows; those that are there are forgiven.

        Raises TableTrouble where the table takes no rows, or has not all of them afterwards, and
        MySQLdb.Error where the server does not serve.
        """
        for start in range(0, len(rows), self._step):
            self._insert_or_halve(rows[start : start + self._step])
        self._look()

    def missing(self, rows: Rows) -> Rows:
        """Return the rows whose uuid is not in the table."""
        there: set[str] = set()
        for start in range(0, len(rows), self._step):
            there |= self._there(rows[start : start + self._step])
        self.repeats = bool(there)
        return [row for row in rows if folded(row[1]) not in there] if there else rows

    def try_known_good(self) -> None:
        """Raise where even a row that is right cannot be sent; it is not stored."""
        row = self._table.maker.row(KNOWN_GOOD)
        with translating_errors(self._table.name), self._connection.cursor() as cursor:
            cursor.execute("SAVEPOINT known_good")
        # That a required value is missing is the server's word: it was sent.
        with suppress(DataFault):
            self._execute([row])
        with translating_errors(self._table.name), self._connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT known_good")

    def _insert_or_halve(self, rows: Rows) -> None:
        try:
            stored = self._execute([row for _, row in rows])
        except (SchemaWaits, MySQLdb.Error):
            raise
        except Exception as error:
            # DataFault, or whatever the driver raises of a value that it cannot send.
            if len(rows) > 1:
                middle = len(rows) // 2
                self._insert_or_halve(rows[:middle])
                self._insert_or_halve(rows[middle:])
            else:
                self._refuse(*rows[0], error)
            return
        self.stored += stored
        if stored < len(rows):
            self._check_all_are_there(rows)

    def _execute(self, rows: Sequence[Row]) -> int:
        """Return how many rows are new."""
        with (
            translating_errors(self._table.name, of_rows=True),
            self._connection.cursor() as cursor,
        ):
            # mysqlclient splits at 64 kB otherwise.
            cursor.max_stmt_length = self._statement_bytes
            # A statement that fails is undone whole by InnoDB; the transaction goes on.
            return cursor.executemany(self._table.insert, rows) or 0

    def _refuse(self, record: Record, row: Row, error: Exception) -> None:
        if not isinstance(error, DataFault):
            self.refused.append(Rejected(record, unforeseen(error, "consumer", *self._key)))
            return
        if not self._looked:
            # Before an event is blamed: somebody may have altered the table.
            self._look()
            self._looked = True
        column = self._table.named_by(error)
        if column is None:
            raise TableTrouble(self._table.name, str(error), LOOK) from error
        fault = self._table.fault(self._key, str(row[0]), error, column)
        self.refused.append(Rejected(record, fault))

    def _look(self) -> None:
        with self._connection.cursor() as cursor:
            self._table.watch.look(cursor)

    def _check_all_are_there(self, rows: Rows) -> None:
        """Raise TableTrouble where MySQL has taken rows of which the table has nothing."""
        self.repeats = True
        # Reads what others have committed since this transaction began.
        there = self._there(rows, " LOCK IN SHARE MODE")
        lost = [row for _, row in rows if folded(row) not in there]
        if lost:
            self._look()
            detail = f"{len(lost)} of {len(rows)} rows are not in it, as uuid {lost[0][0]}"
            raise TableTrouble(self._table.name, detail, LOOK)

    def _there(self, rows: Rows, lock: str = "") -> set[str]:
        with translating_errors(self._table.name), self._connection.cursor() as cursor:
            cursor.execute(self._table.which + lock, ([row[0] for _, row in rows],))
            return {folded([uuid]) for (uuid,) in cursor.fetchall()}


def folded(row: Row) -> str:
    """Return a row's uuid as any collation compares it."""
    return str(row[0]).rstrip().lower()
