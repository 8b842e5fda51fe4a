"""Rows of the tables of schema revisions, read back by uuid."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import MySQLdb
from MySQLdb.cursors import SSCursor

from elfaust.errors import ElfaustError, ServerAway
from elfaust.records import SchemaKey
from elfaust.schema.columns import NUMBERS, Column
from elfaust.settings import Mysql
from elfaust.sinks.mysql.connection import connect, is_of_server
from elfaust.sinks.mysql.ddl import owner, owner_of, quoted
from elfaust.sinks.reading import StoredRow

#: Types of columns whose values are texts, as MySQL shows them.
TEXT = re.compile("(?:var)?char|(?:tiny|medium|long)?text", re.IGNORECASE)
#: Rows asked for at once.
BATCH = 500


class TableUnreadable(ElfaustError):
    """A table of which nothing can be said, whatever it holds."""


class Tables:
    """Reads tables over one connection; close it."""

    def __init__(self, mysql: Mysql) -> None:
        """Connect; raises ServerAway when MySQL does not answer."""
        self._server = f"MySQL {mysql.host}:{mysql.port}"
        with self._answers():
            self._connection = connect(mysql)
            # What is read later is as of now.
            self._connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def table(self, name: str, key: SchemaKey, columns: Sequence[Column]) -> Table | None:
        """Return a schema revision's table, None where there is none or it is another's.

        Raises ServerAway, and TableUnreadable for one whose uuids are no texts.
        """
        with self._answers(), self._connection.cursor() as cursor:
            if owner_of(cursor, name) not in ("", owner(key)):
                return None
            cursor.execute(f"SHOW COLUMNS FROM {quoted(name)}")
            there = {column: str(kind) for column, kind, *_ in cursor.fetchall()}
        if not TEXT.match(kind := there.get("uuid", "missing")):
            raise TableUnreadable(f"its column uuid is {kind}")
        held = [_as_held(of, there[of.name]) for of in columns if of.name in there]
        return Table(self, name, held)

    def count(self, name: str, key: SchemaKey) -> int:
        """Return how many rows a schema revision's table has, 0 where it is none or another's.

        Raises ServerAway and TableUnreadable.
        """
        with self._answers(), self._connection.cursor() as cursor:
            if owner_of(cursor, name) not in ("", owner(key)):
                return 0
            cursor.execute(f"SELECT COUNT(*) FROM {quoted(name)}")
            [(number,)] = cursor.fetchall()
            return int(number)

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> Sequence[Any]:
        """Return the rows of a statement; raises ServerAway and TableUnreadable."""
        with self._answers(), self._connection.cursor() as cursor:
            # Without parameters a `%` stands for itself.
            cursor.execute(statement, tuple(parameters) or None)
            rows: Sequence[Any] = cursor.fetchall()
            return rows

    def stream(self, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement as they come; raises as `ask`."""
        with self._answers(), closing(self._connection.cursor(SSCursor)) as cursor:
            cursor.execute(statement)
            yield from cursor

    @contextmanager
    def _answers(self) -> Iterator[None]:
        try:
            yield
        except MySQLdb.Error as error:
            number, text = (*error.args, 0, "")[:2]
            if is_of_server(number, str(text)):
                raise ServerAway(self._server, str(error)) from error
            raise TableUnreadable(f"MySQL says {number}: {text}") from error
        except UnicodeError as error:
            raise TableUnreadable(str(error)) from error


class Table:
    """One table, with those of its columns that are compared."""

    def __init__(self, tables: Tables, name: str, columns: Sequence[Column]) -> None:
        self._tables = tables
        self._name = quoted(name)
        self._columns = [column.name for column in columns]
        #: The types of columns that the table has: a number's may be another than it should be.
        self.types = {column.name: column.sql_type for column in columns}
        shown = ", ".join(map(_shown, columns))
        self._select = f"SELECT {shown} FROM {self._name.replace('%', '%%')} WHERE uuid IN "

    def rows(self, uuids: Sequence[str]) -> dict[str, list[StoredRow]]:
        """Return the rows of events, however many an event has."""
        found: defaultdict[str, list[StoredRow]] = defaultdict(list)
        for start in range(0, len(uuids), BATCH):
            some = uuids[start : start + BATCH]
            for row in self._tables.ask(f"{self._select}({', '.join(['%s'] * len(some))})", some):
                named = dict(zip(self._columns, row, strict=True))
                found[named["uuid"]].append(named)
        return found

    def count(self) -> int:
        """Return how many rows there are."""
        [(number,)] = self._tables.ask(f"SELECT COUNT(*) FROM {self._name}")
        return int(number)

    def uuids(self) -> Iterator[str]:
        """Yield the uuid of each row."""
        return (uuid for (uuid,) in self._tables.stream(f"SELECT uuid FROM {self._name}"))


def _as_held(column: Column, kind: str) -> Column:
    """Return a column of numbers with the type that its table has: drift takes DOUBLE for FLOAT."""
    held = kind.upper().partition(" ")[0]
    is_number = column.sql_type in NUMBERS and held in NUMBERS
    return column._replace(sql_type=held) if is_number else column


def _shown(column: Column) -> str:
    """Return what shows a column whole: a FLOAT by itself is shown with six digits."""
    name = quoted(column.name).replace("%", "%%")
    return f"{name} + 0e0" if column.sql_type == "FLOAT" else name
