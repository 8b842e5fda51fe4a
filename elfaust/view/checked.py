"""The verdict on what somebody asks about: the event, every fault, topic, table and row.

Nothing is stored, and nothing is asked but the schema wiki. The JSON of a verdict:

    {"status": "valid|failed", "code": str, "schema": str, "revision": int,
     "faults": [{"message": str, "cause": str, "path": str, "hint": str}],
     "event": the capsule, masked, or null, "topic": str, "table": str,
     "row": {column: value} or null, "warning": str}

`cause` is the sentence for people, `message` has EventLogging's words.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.events.event_error import storable
from elfaust.logs.masking import ADDRESS, AGENT, masked
from elfaust.names import TopicNames, table_name
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.rows import RowMaker
from elfaust.view.judges import Asked, Judged, Judges
from elfaust.view.seen import ADDRESSES, FAILED, VALID, shown_value

#: The role whose table and row are shown.
TABLES = "mysql"


@dataclass(frozen=True)
class Checked:
    """The verdict on one line."""

    status: str
    code: str
    schema: str
    revision: int
    faults: list[dict[str, str]]
    event: Any
    topic: str
    table: str
    row: dict[str, Any] | None
    warning: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that this module's docstring describes."""
        return asdict(self)


def check(settings: Settings, lines: Iterable[Asked]) -> list[Checked]:
    """Return the verdict on each line; call it in a thread, as it may ask the wiki."""
    registry = Registry.of_workers(settings)
    judges = Judges("auto", settings, registry)
    return [_checked(settings, registry, judged) for judged in judges.judged(lines)]


def _checked(settings: Settings, registry: Registry, judged: Judged) -> Checked:
    key = judged.verdict.key
    faults = [
        {name: storable(masked(text)) for name, text in _texts(fault).items()}
        for fault in judged.faults
    ]
    schema = registry.state(key).schema if not faults else None
    named = schema is not None
    table, row = _row(settings, schema, judged.verdict.value) if schema else ("", None)
    return Checked(
        VALID if named else FAILED,
        judged.verdict.code,
        storable(key.schema),
        key.revision,
        faults,
        shown_value(judged.verdict.value) if named else None,
        TopicNames(settings).event(SchemaKey(*key)) if named else "",
        table,
        row,
        judged.warning,
    )


def _texts(fault: EventFault) -> dict[str, str]:
    names = ("message", "cause", "path", "hint")
    return {name: getattr(fault, name) for name in names}


def _row(settings: Settings, schema: Schema, value: bytes) -> tuple[str, dict[str, Any] | None]:
    """Return the table and the row of an event, masked; nothing where MySQL is not used."""
    if TABLES not in settings.processor.stores.split():
        return "", None
    with suppress(SchemaUnfit, ValueError):
        maker = RowMaker(table_columns(schema, settings.mysql.number))
        row = {
            column.name: shown_column(column.name, value)
            for column, value in zip(maker.columns, maker.row(value), strict=True)
        }
        return table_name(settings.mysql.table, schema.key), row
    return "", None


def shown_column(name: str, value: Any) -> Any:
    """Return the value of a column, masked; of what JSON has no type for the text."""
    if value is None or isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return str(value)
    if name in ADDRESSES:
        return ADDRESS
    # What elfaust has made of a user agent is JSON.
    return AGENT if name == "userAgent" and value[:1] != "{" else masked(value)
