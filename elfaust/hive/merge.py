"""The columns of a view: those of a schema's revisions, merged and widened by one rule.

For Hive and for DuckDB alike, so that both give the same rows (docs/reference.md, "Views"):

- A column or a field of a struct, known by its name in lower case, is in the view if a revision has
  it. A revision that does not is NULL there. Its name is written as the newest revision writes it.
- The same type stays. Of bigint and double it is double; of all other types that are neither
  struct nor array, text.
- Structs are merged field by field, in the newest revision's order; what only older ones have
  follows.
- Arrays are not converted, and nothing else is: the newest revision decides the type, and one of
  another kind is NULL there. `lost` has these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from elfaust.hive.types import hive_type, nameable_columns

#: Columns of the view that no file has; the first is made of `dt`, the others are the partition's.
EVENT_TIME = pa.field("event_time", pa.timestamp("ms"))
PARTITION_COLUMNS = tuple(pa.field(name, pa.int32()) for name in ("year", "month", "day", "hour"))


class Lost(NamedTuple):
    """A column or field of a revision that is NULL in the view: it cannot be made of its type."""

    revision: int
    #: As `event.items`.
    path: str
    #: Types of Hive: the revision's, and the view's.
    had: str
    has: str


class Merged(NamedTuple):
    """The columns of a view, those of partitions and `event_time` left out.

    `revisions` has the columns of each revision's files that Hive can have, the newest first.
    """

    columns: pa.Schema
    revisions: dict[int, pa.Schema]
    lost: tuple[Lost, ...]


class _Had(NamedTuple):
    revision: int
    field: pa.Field


def merge(schemas: Mapping[int, pa.Schema]) -> Merged:
    """Return the columns of a view over revisions, of their files' columns by revision."""
    newest_first = {number: nameable_columns(schemas[number]) for number in sorted(schemas)[::-1]}
    lost: list[Lost] = []
    had = [_Had(number, of) for number, schema in newest_first.items() for of in schema]
    return Merged(pa.schema(_merged(had, "", lost)), newest_first, tuple(lost))


def _merged(had: list[_Had], path: str, lost: list[Lost]) -> list[pa.Field]:
    """Return the fields of all revisions, each once; `had` begins with those of the newest."""
    by_name: dict[str, list[_Had]] = {}
    for of in had:
        by_name.setdefault(of.field.name.lower(), []).append(of)
    return [
        pa.field(same[0].field.name, _widened(same, f"{path}{name}", lost))
        for name, same in by_name.items()
    ]


def _widened(had: list[_Had], path: str, lost: list[Lost]) -> pa.DataType:
    newest = had[0].field.type
    kept = [of for of in had if _alike(of.field.type, newest)]
    if pa.types.is_struct(newest):
        inner = [_Had(of.revision, field) for of in kept for field in of.field.type]
        wide = pa.struct(_merged(inner, f"{path}.", lost))
    else:
        wide = _wide({of.field.type for of in kept})
    lost += [
        Lost(of.revision, path, hive_type(of.field.type), hive_type(wide))
        for of in had
        if of not in kept
    ]
    return wide


def _alike(kind: pa.DataType, newest: pa.DataType) -> bool:
    if pa.types.is_nested(kind) or pa.types.is_nested(newest):
        both = pa.types.is_struct(kind) and pa.types.is_struct(newest)
        return both or hive_type(kind) == hive_type(newest)
    return True


def _wide(kinds: set[pa.DataType]) -> pa.DataType:
    if len({hive_type(kind) for kind in kinds}) == 1:
        return next(iter(kinds))
    if all(kind in (pa.int64(), pa.float64()) for kind in kinds):
        return pa.float64()
    return pa.string()
