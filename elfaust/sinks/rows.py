"""From an event to a row: the values of a table's columns, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from elfaust.capsule import MILLISECONDS_ABOVE, iso8601
from elfaust.columns import TIMESTAMP, TYPES, Column

Value = str | int | float | None
Row = list[Value]


class RowMaker:
    """Makes rows for the columns of one table, `id` left out."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [column for column in columns if column.name != "id"]
        self._getters = [_getter(column) for column in self.columns]

    def row(self, value: bytes) -> Row:
        """Return the row of an event's JSON.

        Raises ValueError for a timestamp that no calendar has.
        """
        capsule = orjson.loads(value)
        moment = capsule.get("dt") or iso8601(capsule["timestamp"])
        capsule["dt"] = moment.rstrip("Z")
        capsule["timestamp"] = "".join(filter(str.isdigit, moment))[:14]
        return [get(capsule) for get in self._getters]


def _getter(column: Column) -> Callable[[dict[str, Any]], Value]:
    cast = _cast(column)
    default = None if column.default is None else cast(column.default)
    if len(column.path) == 1:
        return _top(column.path[0], cast, default)
    if len(column.path) == 2:
        return _of_event(column.path[1], cast, default)
    return _nested(column.path, cast, default)


Cast = Callable[[Any], Value]


def _top(name: str, cast: Cast, default: Value) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value = capsule.get(name)
        return default if value is None else cast(value)

    return get


def _of_event(name: str, cast: Cast, default: Value) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value = capsule["event"].get(name)
        return default if value is None else cast(value)

    return get


def _nested(path: tuple[str, ...], cast: Cast, default: Value) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value: Any = capsule
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return default if value is None else cast(value)

    return get


def _cast(column: Column) -> Cast:
    if column.path == ("userAgent",):
        # Browsers choose its length: no event is refused for it.
        return lambda value: text(value)[: int(column.sql_type[8:-1])]
    if column.sql_type == TIMESTAMP and column.path != ("timestamp",):
        return mediawiki_timestamp
    if column.sql_type in TYPES.values():
        return lambda value: value
    return text


def text(value: Any) -> str:
    """Return a string as it is, anything else as JSON text."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def mediawiki_timestamp(value: Any) -> str:
    """Return seconds or milliseconds since the epoch as `20200913122640`, UTC; a text as it is."""
    if not isinstance(value, int | float):
        return text(value)
    seconds = value / 1000 if value > MILLISECONDS_ABOVE else value
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value} is no time") from error
