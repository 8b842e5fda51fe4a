"""What Hive makes of a schema that will hurt, and what its views have by another revision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa

from elfaust.errors import SchemaUnfit
from elfaust.hive.merge import merge
from elfaust.hive.names import HiveNames
from elfaust.hive.types import hive_type, nameable_columns
from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change, unsure
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.shape import shape_of
from elfaust.schema.words import needs_quotes
from elfaust.settings import Settings
from elfaust.settings.together import path_fault
from elfaust.sinks.parquet.table import ParquetWriter

#: The column of a table that has the fields of the schema.
EVENT = "event"
#: Characters of a type that a message has room for.
LONGEST_TYPE = 200


class HiveReaders:
    """Who reads Hive: beside the stores, for `schema lint` and `schema diff`."""

    def __init__(self, settings: Settings) -> None:
        # Where paths are not as Hive needs them there are no tables.
        self._names = None if path_fault(settings) else HiveNames(settings)

    def lint(self, schema: Schema, others: Collection[SchemaKey]) -> Iterable[Diagnostic]:
        """Yield what will hurt in a schema revision; `others` are those that exist beside it."""
        if self._names is None:
            return
        key = SchemaKey(*schema.key)
        yield from _names(self._names, key, others)
        for place in shape_of(schema.event).places():
            if "" in place.path:
                message = "Give it a name: Hive has no column of it."
                yield Diagnostic("warning", place.name, message)

    def changes(self, old: Schema, new: Schema) -> Iterable[Change]:
        """Yield the columns and fields whose type in a view is another by both revisions."""
        if self._names is None:
            return
        try:
            # The newer number decides in a view; here it is the one that is called new.
            files = {1: ParquetWriter(old).schema, 2: ParquetWriter(new).schema}
        except SchemaUnfit:
            return
        merged = merge(files)
        view = self._names.view(new.key.schema)
        for lost in merged.lost:
            message = (
                f"Hive's view {view} has NULL here for revision {old.key.revision}: "
                f"{_shown(lost.had)} cannot be made {_shown(lost.has)}"
            )
            yield unsure(f"$.{lost.path}", message)
        for path, was, now in _wider("", nameable_columns(files[1]), merged.columns):
            message = f"Hive's view {view} has {_shown(was)}, now {_shown(now)}"
            yield unsure(f"$.{path}", message)


def _names(names: HiveNames, key: SchemaKey, others: Collection[SchemaKey]) -> Iterator[Diagnostic]:
    of = names.of([*others, key])
    table, view = names.table(key), names.view(key.schema)
    if key not in of.tables:
        message = f"Choose another name: Hive has the table {table} of another schema."
        yield Diagnostic("warning", "$", message)
    elif key not in of.views.get(view, ()):
        message = f"Choose another name: in Hive {view} is the table or view of another schema."
        yield Diagnostic("warning", "$", message)
    clashing = sorted(
        other.schema for other in others if key in of.tables and names.view(other.schema) == table
    )
    if clashing:
        message = (
            f"Choose another number or name: {table}, its table in Hive, is the name of the view of"
            f" {clashing[0]}, which has none for it."
        )
        yield Diagnostic("warning", "$", message)
    if view == EVENT:
        message = (
            f"Choose another name: {EVENT} is also the column of what a schema describes, and in a"
            f" query of the view {EVENT}.dt is the capsule's dt, not the schema's own."
        )
        yield Diagnostic("warning", "$", message)
    if needs_quotes(view):
        message = f"Choose another name: {view} needs quotes as the name of its view in Hive."
        yield Diagnostic("warning", "$", message)


def _wider(
    path: str, was: pa.Schema | pa.StructType, now: pa.Schema | pa.StructType
) -> Iterator[tuple[str, str, str]]:
    """Yield the path of each type that is another, before and now; what is lost is elsewhere."""
    by_name = {of.name.lower(): of.type for of in now}
    for of in was:
        name, wide = f"{path}{of.name.lower()}", by_name[of.name.lower()]
        if pa.types.is_struct(of.type) and pa.types.is_struct(wide):
            yield from _wider(f"{name}.", of.type, wide)
        elif not (pa.types.is_nested(of.type) or pa.types.is_nested(wide)) and of.type != wide:
            yield name, hive_type(of.type), hive_type(wide)


def _shown(kind: str) -> str:
    return kind if len(kind) <= LONGEST_TYPE else f"{kind[:LONGEST_TYPE]}..."
