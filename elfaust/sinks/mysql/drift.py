"""How a table differs from what its schema makes it, and the ALTER TABLE that mends it.

A column that holds every value of its schema's type is no difference: VARCHAR(1024) may be TEXT,
INTEGER may be BIGINT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from elfaust.schema.columns import CAPSULE_COLUMNS, Column
from elfaust.sinks.mysql.ddl import DECLARED, quoted

#: MySQL's own names of the types of columns.
OWN_NAMES = {"bool": "tinyint", "integer": "int"}
#: From narrow to wide.
INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
#: Bytes that each holds; a character of utf8mb4 takes up to 4.
TEXTS = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
TYPE = re.compile(r"([a-z]+)(?: ?\(([0-9]+)[^)]*\))?( unsigned)?")
#: Between a type and a character set that is not utf8mb4, as SHOWN gives it.
SET = " CHARACTER SET "
#: The fields of Shown; a column without a default has none at all, not even NULL.
SHOWN = (
    "SELECT column_name, CONCAT(column_type,"
    f" IF(character_set_name <> 'utf8mb4', CONCAT('{SET}', character_set_name), '')),"
    " is_nullable = 'NO', column_default IS NULL AND extra = '', column_key IN ('PRI', 'UNI'),"
    " extra REGEXP '^(VIRTUAL|STORED|PERSISTENT)'"
    " FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"
)
GENERATED = "is generated, no event fills it"
NOT_UNIQUE = "has no unique index: an event that comes again is stored again"


class Shown(NamedTuple):
    """A column as the table shows it."""

    name: str
    sql_type: str
    not_null: bool = False
    #: Whether nothing but an INSERT gives it a value.
    bare: bool = False
    #: Whether an index of this column alone refuses a value that is there.
    unique: bool = False
    #: Whether the server computes it from other columns.
    generated: bool = False

    @property
    def demanded(self) -> bool:
        """Whether no row can be stored without a value for it."""
        return self.not_null and self.bare


class Difference(NamedTuple):
    """One thing about a column that is not as the schema makes it."""

    name: str
    #: What the schema makes it; None for a column that it does not have.
    wanted: Column | None
    #: What the table shows; None for a column that it does not have.
    shown: Shown | None
    what: str

    @property
    def harmful(self) -> bool:
        """Whether events cannot be stored for it, or are stored twice."""
        return self.wanted is not None or (self.shown is not None and self.shown.demanded)

    def __str__(self) -> str:
        """Say what is different."""
        return f"column {self.name} {self.what}"


def shown_columns(cursor: Any, table: str) -> list[Shown]:
    """Return the columns of a table of the current database, none if there is no such table.

    Raises MySQLdb.Error when the server does not answer.
    """
    cursor.execute(SHOWN, (table,))
    return [Shown(*row) for row in cursor.fetchall()]


def differences(shown: Iterable[Shown], columns: Sequence[Column]) -> list[Difference]:
    """Return how the columns of a table differ from those of a schema.

    First those of the schema, in its order, then those that it does not have.
    """
    left = {column.name.lower(): column for column in shown}
    found = []
    for wanted in columns:
        there = left.pop(wanted.name.lower(), None)
        if there is None:
            what = f"{wanted.sql_type} is missing"
            found.append(Difference(wanted.name, wanted, None, what))
        else:
            found += [
                Difference(wanted.name, wanted, there, what) for what in _faults(there, wanted)
            ]
    for other in left.values():
        demand = ", and demands a value" if other.demanded else ""
        what = f"{other.sql_type} is not of the schema{demand}"
        found.append(Difference(other.name, None, other, what))
    return found


def _faults(shown: Shown, column: Column) -> Iterator[str]:
    """Yield what a column has otherwise than its schema and must not have."""
    if shown.generated:
        yield GENERATED
        return
    if not holds(shown.sql_type, column):
        yield f"is {shown.sql_type}, not {column.sql_type}"
    if shown.not_null and column.nullable and column.name not in CAPSULE_COLUMNS:
        yield "takes no NULL, which stands for what an event leaves out"
    if shown.demanded and not column.path:
        yield "does not count up"
    if column.unique and not shown.unique:
        yield NOT_UNIQUE


def holds(shown: str, column: Column) -> bool:
    """Tell whether a column that shows a type holds every value of `column`."""
    kind, length, unsigned = parts(shown)
    wanted, needed, _ = parts(column.sql_type)
    # Only the server itself makes a value that no event holds: the id, which counts up.
    if unsigned and column.path:
        return False
    if SET in shown and column.name not in CAPSULE_COLUMNS:
        return False
    if wanted in INTEGERS:
        return kind in INTEGERS and INTEGERS.index(kind) >= INTEGERS.index(wanted)
    if wanted == "text":
        return TEXTS.get(kind, 0) >= TEXTS["text"]
    if wanted in ("varchar", "char"):
        enough = TEXTS.get(kind, 0) >= 4 * needed
        return enough or (kind in ("varchar", wanted) and length >= needed)
    if wanted == "float":
        # FLOAT(7,2) rounds.
        return kind in ("float", "double") and not length
    if wanted == "double":
        return kind == "double" and not length
    return kind == wanted


def parts(sql_type: str) -> tuple[str, int, bool]:
    """Return the name of a type, its length (0 if it has none), and whether it is unsigned."""
    match = TYPE.match(sql_type.lower())
    if match is None:
        return sql_type, 0, False
    name, length, unsigned = match.groups()
    return OWN_NAMES.get(name, name), int(length or 0), unsigned is not None


def alter_table(table: str, found: Iterable[Difference]) -> str:
    """Return the ALTER TABLE after which a table takes its events, "" if it does already."""
    # Two differences of one column may have one cure.
    changes = dict.fromkeys(change for difference in found for change in _changes(difference))
    return f"ALTER TABLE {quoted(table)} {', '.join(changes)}" if changes else ""


def add_missing(cursor: Any, table: str, columns: Sequence[Column]) -> None:
    """Add the columns that a table lacks: its schema may have got them since it was made.

    Raises MySQLdb.Error.
    """
    found = differences(shown_columns(cursor, table), columns)
    if change := alter_table(table, [one for one in found if one.shown is None]):
        cursor.execute(change)


def _changes(difference: Difference) -> Iterator[str]:
    name, column, shown, what = difference
    if column is None:
        if shown is not None and shown.demanded:
            yield f"MODIFY COLUMN {quoted(name)} {shown.sql_type} NULL"
        return
    if what == GENERATED:
        # MariaDB cannot modify one that is not stored; its values are those of other columns.
        yield f"DROP COLUMN {quoted(name)}"
    if shown is None or what == GENERATED:
        yield f"ADD COLUMN {_declaration(column, there=False)}"
    elif what != NOT_UNIQUE:
        yield f"MODIFY COLUMN {redeclared(column)}"
    if column.unique and (shown is None or what == NOT_UNIQUE):
        yield f"ADD UNIQUE KEY ({quoted(name)})"
    elif column.indexed and shown is None:
        yield f"ADD KEY ({quoted(name)})"


def redeclared(column: Column) -> str:
    """Return how a column that is there is declared as its schema has it."""
    return _declaration(column, there=True)


def _declaration(column: Column, there: bool) -> str:
    declared = DECLARED.get(column.sql_type, column.sql_type)
    if there:
        # A table refuses a second primary key, even the same.
        declared = declared.removesuffix(" PRIMARY KEY")
    if "CHAR" in column.sql_type or column.sql_type == "TEXT":
        # That of a table which is older than this pipeline may be another.
        declared += " COLLATE utf8mb4_bin"
    return f"{quoted(column.name)} {declared}{'' if column.nullable else ' NOT NULL'}"
