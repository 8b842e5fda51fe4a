"""What Parquet makes of a schema that will hurt: a folder of another's, no type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elfaust.errors import SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.parquet.folder_owners import folder_name
from elfaust.sinks.parquet.types import event_shape


def lint(schema: Schema, others: Iterable[SchemaKey]) -> Iterator[Diagnostic]:
    """Yield what will hurt in a schema revision; `others` are those that exist beside it."""
    for other in others:
        if other != schema.key and folder_name(other) == folder_name(schema.key):
            message = f"Choose another name: {other.schema} has the Parquet folder of it already."
            yield Diagnostic("error", "$", message)
    try:
        event_shape(schema.key, schema.event)
    except SchemaUnfit as unfit:
        yield Diagnostic("error", "$", f"Change a property: {unfit.detail}.")
