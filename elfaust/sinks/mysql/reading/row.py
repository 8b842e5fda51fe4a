"""What a row of MySQL must hold of an event, by the table in docs/reference.md."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from elfaust.schema.columns import TIMESTAMP, Column
from elfaust.sinks.values import (
    ABSENT,
    STRANGE,
    default_of,
    digits,
    exact_int,
    is_text_of,
    moment_of,
    same_json,
    since_epoch,
)

#: Columns that say nothing of an event: the table's own number, and a client's address.
NOT_COMPARED = ("id", "clientIp")
#: Characters of utf8mb4 that a TEXT holds, however many bytes they take.
TEXT_CHARACTERS = 65_535 // 4
#: Tells whether a column holds a value.
Check = Callable[[Any, Any], bool]


class RowComparison:
    """Compares events with rows of one table: `columns` without those that are not compared."""

    def __init__(self, columns: Sequence[Column], event: Mapping[str, Any]) -> None:
        """Take columns, and the schema of the event with its references followed."""
        self._columns = [column for column in columns if column.name not in NOT_COMPARED]
        self._checks = [
            (column.name, column.path, default_of(schema) if filled else ABSENT, check)
            for column in self._columns
            for schema, filled in [_schema_at(event, column.path)]
            for check in [_check(column, schema)]
        ]

    @property
    def columns(self) -> list[Column]:
        """The columns that are compared."""
        return self._columns

    def differences(self, capsule: dict[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
        """Yield what a row says otherwise than its event, column by column."""
        for name, path, default, check in self._checks:
            value = capsule if path in CAPSULE_COLUMNS else _at(capsule, path)
            if value is ABSENT:
                value = None if default is ABSENT else default
            stored = row.get(name, ABSENT)
            try:
                same = stored is None if value is None else check(value, stored)
            except STRANGE:
                # Half a JSON text, no time: whatever it is, it differs.
                same = False
            if not same:
                shown = capsule.get(path[0]) if path in CAPSULE_COLUMNS else value
                found = "no such column" if stored is ABSENT else f"{stored!r:.80}"
                yield f"{name}: topic {shown!r:.80}, MySQL {found}"


def _at(capsule: dict[str, Any], path: Sequence[str]) -> Any:
    """Return what stands at a path: nothing below what is no object, null among that."""
    value: Any = capsule
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name, ABSENT)
        if value is ABSENT:
            return ABSENT
    return value


def _schema_at(event: Mapping[str, Any], path: Sequence[str]) -> tuple[Any, bool]:
    """Return the schema of what stands at a path, nothing of the capsule's, and whether its
    default counts.

    None does within what may be something else than an object: that is JSON text.
    """
    place: Any = event if path[0] == "event" else None
    filled = True
    for depth, name in enumerate(path[1:]):
        filled = filled and (not depth or _is_object(place))
        properties = place.get("properties") if isinstance(place, dict) else None
        place = properties.get(name) if isinstance(properties, dict) else None
    return place, filled


def _is_object(schema: Any) -> bool:
    """Tell whether a schema takes objects and null alone."""
    types = schema.get("type") if isinstance(schema, dict) else None
    listed = types if isinstance(types, list) else [types]
    return [kind for kind in listed if kind != "null"] == ["object"]


def _is_list(value: Any, stored: Any) -> bool:
    """Compare an array whose items have a type: numbers among them are the nearest floats."""
    return is_text_of(value, stored, nearest=True)


def _check(column: Column, schema: Any) -> Check:
    if column.path in CAPSULE_COLUMNS:
        return CAPSULE_COLUMNS[column.path]
    limit = int(column.sql_type.partition("(")[2].rstrip(")") or TEXT_CHARACTERS)
    if column.path == ("userAgent",):
        return lambda value, stored: _is_agent(value, stored, limit)
    if column.sql_type == TIMESTAMP:
        return _is_timestamp
    items = schema.get("items") if isinstance(schema, dict) else None
    text = _is_list if isinstance(items, dict) and "type" in items else is_text_of
    return CHECKS.get(column.sql_type, text)


def _is_moment(capsule: Any, stored: Any) -> bool:
    return bool(stored == moment_of(capsule).replace(tzinfo=None, microsecond=0))


def _is_digits(capsule: Any, stored: Any) -> bool:
    return bool(stored == digits(moment_of(capsule)))


def _is_timestamp(value: Any, stored: Any) -> bool:
    if type(value) in (int, float):
        return bool(stored == digits(since_epoch(value)))
    return is_text_of(value, stored)


def _is_float(value: Any, stored: Any) -> bool:
    return _is_double(struct.unpack("f", struct.pack("f", value))[0], stored)


def _is_double(value: Any, stored: Any) -> bool:
    return type(value) in (int, float) and type(stored) is float and float(value) == stored


def _is_integer(value: Any, stored: Any) -> bool:
    return type(stored) is int and exact_int(value) == stored


def _is_flag(value: Any, stored: Any) -> bool:
    return isinstance(value, bool) and stored is not None and int(value) == stored


def _is_agent(value: Any, stored: Any, limit: int) -> bool:
    """Compare a user agent, which is cut to its column: JSON so that it is JSON still."""
    if isinstance(value, str):
        return bool(stored == value[:limit])
    parsed = json.loads(stored)
    whole_text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return same_json(value, parsed, nearest=True) or (
        len(whole_text) > limit and _is_shortened(parsed, value)
    )


def _is_shortened(short: Any, of: Any) -> bool:
    """Tell whether JSON is another's, with strings cut and members left out to fit a column."""
    if isinstance(short, str) and isinstance(of, str):
        return of.startswith(short)
    if isinstance(short, dict) and isinstance(of, dict):
        return all(key in of and _is_shortened(member, of[key]) for key, member in short.items())
    if isinstance(short, list) and isinstance(of, list):
        return len(short) <= len(of) and all(map(_is_shortened, short, of))
    return same_json(short, of)


#: Columns that are made of more than one key of the capsule.
CAPSULE_COLUMNS: dict[tuple[str, ...], Check] = {("dt",): _is_moment, ("timestamp",): _is_digits}
CHECKS: dict[str, Check] = {
    "BIGINT": _is_integer,
    "BOOL": _is_flag,
    "DOUBLE": _is_double,
    "FLOAT": _is_float,
}
