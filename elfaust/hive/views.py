"""The SELECT of a view, in the words of an engine: Hive's here, another's by its own `Engine`.

Each revision is a branch of a UNION ALL with the same columns in the same order. Structs that
differ are built anew, field by field and by name, since engines unite them by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from elfaust.hive.merge import EVENT_TIME, PARTITION_COLUMNS, Merged
from elfaust.hive.types import hive_type

#: A time of ISO 8601 without its `T` and `Z`, and without digits behind nanoseconds: UTC as it is.
MOMENT = "substr(translate({dt}, 'TZ', ' '), 1, 29)"


class Engine(Protocol):
    """How an engine writes what views are made of. Names are of letters, digits and `_`."""

    def name(self, name: str) -> str:
        """Return a name, quoted."""

    def field(self, struct: str, name: str) -> str:
        """Return a field of a struct."""

    def struct(self, fields: Sequence[tuple[str, str]], of: str) -> str:
        """Return a struct of names and expressions; NULL where the struct `of` is."""

    def cast(self, value: str, have: pa.DataType, want: pa.DataType) -> str:
        """Return a value of a type that is neither struct nor array, as one of a wider type.

        Of a boolean the text is `true` or `false`.
        """

    def moment(self, text: str) -> str:
        """Return a text as MOMENT has it as a timestamp without a zone; NULL where it is none."""

    def null(self, want: pa.DataType) -> str:
        """Return a NULL of a type."""


class HiveEngine:
    """Hive 4."""

    def name(self, name: str) -> str:
        """Return a name, quoted."""
        return f"`{name}`"

    def field(self, struct: str, name: str) -> str:
        """Return a field of a struct."""
        return f"{struct}.{self.name(name)}"

    def struct(self, fields: Sequence[tuple[str, str]], of: str) -> str:
        """Return a struct; NULL where another is."""
        pairs = ", ".join(f"'{name}', {value}" for name, value in fields)
        return f"IF({of} IS NULL, NULL, named_struct({pairs}))"

    def cast(self, value: str, have: pa.DataType, want: pa.DataType) -> str:
        """Return a value as one of a wider type."""
        if pa.types.is_boolean(have) and pa.types.is_string(want):
            # Its own cast writes TRUE.
            return f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
        return f"CAST({value} AS {hive_type(want)})"

    def moment(self, text: str) -> str:
        """Return a text as a timestamp."""
        return f"CAST({text} AS timestamp)"

    def null(self, want: pa.DataType) -> str:
        """Return a NULL of a type; there is no CAST to a struct or an array."""
        if not pa.types.is_nested(want):
            return f"CAST(NULL AS {hive_type(want)})"
        return f"IF(FALSE, {self._some(want)}, NULL)"

    def _some(self, want: pa.DataType) -> str:
        """Return any value of a type."""
        if pa.types.is_struct(want):
            pairs = ", ".join(f"'{of.name}', {self._some(of.type)}" for of in want)
            return f"named_struct({pairs})"
        if pa.types.is_list(want):
            return f"array({self._some(want.value_type)})"
        return f"CAST(NULL AS {hive_type(want)})"


def view_columns(merged: Merged) -> list[pa.Field]:
    """Return the columns of a view, in their order: the files', `event_time`, the partitions'."""
    return [*merged.columns, EVENT_TIME, *PARTITION_COLUMNS]


def select(engine: Engine, merged: Merged, sources: Mapping[int, str]) -> str:
    """Return the SELECT of a view; `sources` are its tables as FROM takes them, by revision.

    `revision` is a literal, so that a query of one revision reads its files alone.
    """
    branches = []
    for revision, had in merged.revisions.items():
        pairs = [(of.name, _column(engine, of, had, revision)) for of in merged.columns]
        dt = engine.moment(MOMENT.format(dt=engine.name("dt")))
        pairs.append((EVENT_TIME.name, dt))
        pairs += [(of.name, engine.name(of.name)) for of in PARTITION_COLUMNS]
        columns = ",\n  ".join(f"{value} AS {engine.name(name)}" for name, value in pairs)
        branches.append(f"SELECT\n  {columns}\nFROM {sources[revision]}")
    return "\nUNION ALL\n".join(branches)


def _column(engine: Engine, want: pa.Field, had: pa.Schema, revision: int) -> str:
    if want.name == "revision":
        return engine.cast(str(revision), pa.int64(), pa.int64())
    have = _named(had, want.name)
    if have is None:
        return engine.null(want.type)
    return conformed(engine, engine.name(have.name), have.type, want.type)


def conformed(engine: Engine, value: str, have: pa.DataType, want: pa.DataType) -> str:
    """Return a value of one type as one of a view's type, NULL where it cannot be made."""
    if hive_type(have) == hive_type(want):
        return value
    if pa.types.is_struct(have) and pa.types.is_struct(want):
        fields = []
        for of in want:
            inner = _named(have, of.name)
            made = (
                engine.null(of.type)
                if inner is None
                else conformed(engine, engine.field(value, inner.name), inner.type, of.type)
            )
            fields.append((of.name, made))
        return engine.struct(fields, value)
    if pa.types.is_nested(have) or pa.types.is_nested(want):
        return engine.null(want)
    return engine.cast(value, have, want)


def _named(fields: pa.Schema | pa.StructType, name: str) -> pa.Field | None:
    return next((of for of in fields if of.name.lower() == name.lower()), None)
