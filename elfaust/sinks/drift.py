"""How a table differs from what its schema makes it, and the ALTER TABLE that mends it.

A column that holds every value of its schema's type is no difference: VARCHAR(1024) may be TEXT,
INTEGER may be BIGINT.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from elfaust.columns import MAX_NAME, Column
from elfaust.sinks.ddl import DECLARED, quoted

#: MySQL's own names of the types of columns.
OWN_NAMES = {"bool": "tinyint", "integer": "int"}
#: From narrow to wide.
INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
#: Bytes that each holds; a character of utf8mb4 takes up to 4.
TEXTS = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
#: Types that hold all values of another, besides those above.
WIDER = {"float": ("float", "double"), "datetime": ("datetime",)}
TYPE = re.compile(r"([a-z]+)(?: ?\(([0-9]+)[^)]*\))?( unsigned)?")
#: Its third value: whether no row can be stored without a value for the column.
SHOWN = (
    "SELECT column_name, column_type,"
    " is_nullable = 'NO' AND column_default IS NULL AND extra = ''"
    " FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"
)


class Difference(NamedTuple):
    """One column that is not as the schema makes it."""

    name: str
    #: What the schema makes it; None for a column that it does not have.
    wanted: Column | None
    #: The type that the table shows; "" for a column that it does not have.
    shown: str
    #: Whether no row can be stored without a value for it, although the schema does not have it.
    demanded: bool = False

    @property
    def harmful(self) -> bool:
        """Whether events cannot be stored for it."""
        return self.wanted is not None or self.demanded

    def __str__(self) -> str:
        """Say what is different."""
        if self.wanted is None:
            demand = ", and demands a value" if self.demanded else ""
            return f"column {self.name} {self.shown} is not of the schema{demand}"
        if not self.shown:
            return f"column {self.name} {self.wanted.sql_type} is missing"
        return f"column {self.name} is {self.shown}, not {self.wanted.sql_type}"


def table_drift(cursor: Any, table: str, columns: Sequence[Column]) -> list[Difference]:
    """Return how a table of the current database differs from its columns; all if there is none.

    Raises MySQLdb.Error when the server does not answer.
    """
    cursor.execute(SHOWN, (table,))
    rows = [(str(name), str(kind), bool(demands)) for name, kind, demands in cursor.fetchall()]
    shown = [(name, kind) for name, kind, _ in rows]
    return differences(shown, columns, {name for name, _, demands in rows if demands})


def differences(
    shown: Sequence[tuple[str, str]], columns: Sequence[Column], demanding: Collection[str] = ()
) -> list[Difference]:
    """Return how columns, shown as (name, type), differ from those of a schema.

    First those of the schema that are missing or of another type, in its order, then those that it
    does not have. `demanding` names the columns without which no row can be stored.
    """
    types = {name.lower(): kind for name, kind in shown}
    found = []
    for column in columns:
        kind = types.get(column.name.lower(), "")
        if not kind or not holds(kind, column):
            found.append(Difference(column.name, column, kind))
    known = {column.name.lower() for column in columns}
    return found + [
        Difference(name, None, kind, name in demanding)
        for name, kind in shown
        if name.lower() not in known
    ]


def holds(shown: str, column: Column) -> bool:
    """Tell whether a column that shows a type holds every value of `column`."""
    kind, length, unsigned = _parts(shown)
    wanted, needed, _ = _parts(column.sql_type)
    # Only the server itself makes a value that no event holds: the id, which counts up.
    if unsigned and column.path:
        return False
    if wanted in INTEGERS:
        return kind in INTEGERS and INTEGERS.index(kind) >= INTEGERS.index(wanted)
    if wanted == "text":
        return TEXTS.get(kind, 0) >= TEXTS["text"]
    if wanted in ("varchar", "char"):
        enough = TEXTS.get(kind, 0) >= 4 * needed
        return enough or (kind in ("varchar", wanted) and length >= needed)
    return kind in WIDER.get(wanted, (wanted,))


def _parts(sql_type: str) -> tuple[str, int, bool]:
    """Return the name of a type, its length (0 if it has none), and whether it is unsigned."""
    match = TYPE.match(sql_type.lower())
    if match is None:
        return sql_type, 0, False
    name, length, unsigned = match.groups()
    return OWN_NAMES.get(name, name), int(length or 0), unsigned is not None


def alter_table(table: str, found: Sequence[Difference]) -> str:
    """Return the ALTER TABLE after which a table takes its events, "" if it does already."""
    changes = [change for difference in found for change in _changes(difference)]
    return f"ALTER TABLE {quoted(table)} {', '.join(changes)}" if changes else ""


def _changes(difference: Difference) -> Iterator[str]:
    name, column, shown, demanded = difference
    if column is None:
        if demanded:
            yield f"MODIFY COLUMN {quoted(name)} {shown} NULL"
        return
    if shown:
        yield f"MODIFY COLUMN {_declaration(column, there=True)}"
        return
    yield f"ADD COLUMN {_declaration(column, there=False)}"
    if column.indexed:
        kind = "UNIQUE KEY" if column.unique else "KEY"
        yield f"ADD {kind} {quoted(f'ix_{name}'[:MAX_NAME])} ({quoted(name)})"


def _declaration(column: Column, there: bool) -> str:
    declared = DECLARED.get(column.sql_type, column.sql_type)
    if there:
        # A table refuses a second primary key, even the same.
        declared = declared.removesuffix(" PRIMARY KEY")
    return f"{quoted(column.name)} {declared}{'' if column.nullable else ' NOT NULL'}"
