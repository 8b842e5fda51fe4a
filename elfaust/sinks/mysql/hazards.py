"""What of a table, besides the types of its columns, harms the events that are written to it.

A second unique index makes `ON DUPLICATE KEY UPDATE` forgive what is no repeat; a constraint or a
trigger may refuse or alter what fits the schema; an engine without transactions keeps half a
write; a view is no table; an `id` that is used up lets no row in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from elfaust.schema.columns import Column
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.drift import (
    INTEGERS,
    Difference,
    Shown,
    alter_table,
    differences,
    parts,
    redeclared,
    shown_columns,
)

#: Numbers of `id` are reported from this share of them on.
TELL_SHARE = 0.8
OF_TABLE = "table_schema = DATABASE() AND table_name = %s"
FACTS = f"SELECT table_type, engine, auto_increment FROM information_schema.tables WHERE {OF_TABLE}"
ENGINE = "SELECT transactions FROM information_schema.engines WHERE engine = %s"
UNIQUE = (
    "SELECT index_name, column_name, sub_part FROM information_schema.statistics"
    f" WHERE {OF_TABLE} AND non_unique = 0 ORDER BY index_name, seq_in_index"
)
CONSTRAINTS = (
    "SELECT constraint_name, constraint_type FROM information_schema.table_constraints"
    f" WHERE {OF_TABLE} AND constraint_type IN ('CHECK', 'FOREIGN KEY')"
)
#: A trigger on DELETE alone never runs.
TRIGGERS = (
    "SELECT trigger_name, action_timing, event_manipulation FROM information_schema.triggers"
    " WHERE event_object_schema = DATABASE() AND event_object_table = %s"
    " AND event_manipulation <> 'DELETE' ORDER BY trigger_name"
)
#: Bits of the types of an integer.
BITS = dict(zip(INTEGERS, (8, 16, 24, 32, 64), strict=True))


class Hazard(NamedTuple):
    """One thing about a table, and the statement that cures it, or what else does."""

    what: str
    cure: str
    #: Whether events must wait for it; what is not harmful is only reported.
    harmful: bool = True
    #: Whether it is that the numbers of `id` come to an end.
    of_id: bool = False


def examine(cursor: Any, table: str, columns: Sequence[Column]) -> list[Hazard]:
    """Return what is not as a schema makes its table in the current database.

    `columns` are all that the schema gives it, `id` among them. Raises MySQLdb.Error when the
    server does not answer.
    """
    cursor.execute(FACTS, (table,))
    facts = cursor.fetchall()
    if not facts:
        return [Hazard("doesn't exist", "none needed, it is made again")]
    [(kind, engine, next_id)] = facts
    if kind == "VIEW":
        return [Hazard("is a view", f"DROP VIEW {quoted(table)}")]
    shown = shown_columns(cursor, table)
    found = [*_of_columns(table, differences(shown, columns)), *_of_id(table, shown, next_id)]
    found += _of_engine(cursor, table, engine)
    found += _of_indexes(cursor, table)
    found += _of_constraints(cursor, table, shown, columns)
    found += _of_triggers(cursor, table)
    return found


def _of_columns(table: str, found: list[Difference]) -> Iterator[Hazard]:
    harm = [difference for difference in found if difference.harmful]
    extra = [difference for difference in found if not difference.harmful]
    if harm:
        yield Hazard("; ".join(map(str, harm)), alter_table(table, harm))
    if extra:
        cure = "none needed: they take NULL or a default; drop what nobody reads"
        yield Hazard("; ".join(map(str, extra)), cure, harmful=False)


def _of_id(table: str, shown: Sequence[Shown], next_id: int | None) -> Iterator[Hazard]:
    largest = largest_id(shown)
    if next_id is None or not largest or next_id - 1 < TELL_SHARE * largest:
        return
    cure = f"ALTER TABLE {quoted(table)} MODIFY COLUMN `id` BIGINT AUTO_INCREMENT NOT NULL"
    what = f"column id has used {next_id - 1} of {largest} numbers"
    yield Hazard(what, cure, harmful=next_id >= largest, of_id=True)


def largest_id(shown: Sequence[Shown]) -> int:
    """Return the largest number that a table's `id` takes, 0 where it has no such column."""
    for column in shown:
        kind, _, unsigned = parts(column.sql_type)
        if column.name.lower() == "id" and kind in BITS:
            return int(2 ** (BITS[kind] - (not unsigned)) - 1)
    return 0


def _of_engine(cursor: Any, table: str, engine: str | None) -> Iterator[Hazard]:
    cursor.execute(ENGINE, (engine,))
    if [transactions for (transactions,) in cursor.fetchall()] != ["YES"]:
        cure = f"ALTER TABLE {quoted(table)} ENGINE = InnoDB"
        yield Hazard(f"has engine {engine}, which keeps half a write", cure)


def _of_indexes(cursor: Any, table: str) -> Iterator[Hazard]:
    cursor.execute(UNIQUE, (table,))
    indexes: dict[str, list[str]] = defaultdict(list)
    for name, column, only_a_part in cursor.fetchall():
        indexes[name].append("" if column is None or only_a_part else column.lower())
    for name, members in indexes.items():
        # What is unique by itself is so with others. An id that does not count up is a column's.
        if not {"uuid", "id"}.intersection(members):
            key = "PRIMARY KEY" if name == "PRIMARY" else f"INDEX {quoted(name)}"
            what = f"unique index {name} lets events of one value be stored but once"
            yield Hazard(what, f"ALTER TABLE {quoted(table)} DROP {key}")


def _of_constraints(
    cursor: Any, table: str, shown: Sequence[Shown], columns: Sequence[Column]
) -> Iterator[Hazard]:
    cursor.execute(CONSTRAINTS, (table,))
    names = {column.name for column in shown}
    ours = {column.name: column for column in columns}
    for name, kind in cursor.fetchall():
        drop = f"DROP {'FOREIGN KEY' if kind == 'FOREIGN KEY' else 'CONSTRAINT'} {quoted(name)}"
        # MariaDB names a column's own check after it: it goes when the column is declared anew.
        if kind == "CHECK" and name in ours:
            drop = f"MODIFY COLUMN {redeclared(ours[name])}"
        elif kind == "CHECK" and name in names:
            drop = f"DROP COLUMN {quoted(name)}"
        yield Hazard(f"{kind} {name} refuses rows", f"ALTER TABLE {quoted(table)} {drop}")


def _of_triggers(cursor: Any, table: str) -> Iterator[Hazard]:
    for name, timing, event in triggers(cursor, table):
        what = f"trigger {name} ({timing} {event}) runs with each row"
        yield Hazard(what, f"DROP TRIGGER {quoted(name)}")


def triggers(cursor: Any, table: str) -> tuple[tuple[str, str, str], ...]:
    """Return name, time and event of what runs with an INSERT; none without the right TRIGGER."""
    cursor.execute(TRIGGERS, (table,))
    return tuple(cursor.fetchall())
