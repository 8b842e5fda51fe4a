"""From an event to a row: the values of a table's columns, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from elfaust.json_text import encode
from elfaust.schema.columns import NUMBERS, TIMESTAMP, TYPES, Column, exact_int
from elfaust.schema.shape import Place, count_unnamed
from elfaust.sinks.mysql.short_json import short_json
from elfaust.times import fourteen_digits, in_utc, iso8601

UUID_LENGTH = 32
#: Of MediaWiki's timestamps.
DIGITS = 14
#: Characters of utf8mb4 that a TEXT holds, however many bytes they take.
TEXT_CHARACTERS = 65_535 // 4
Value = str | int | float | None
Row = list[Value]
#: Stands for a value whose key is not there: an explicit null is stored as NULL.
LEFT_OUT = object()


class RowMaker:
    """Makes rows for the columns of one table, `id` left out; the uuid is the first."""

    def __init__(self, columns: Sequence[Column], shape: Place | None = None) -> None:
        """`shape` is that of the events, whose keys without a column are counted."""
        self.columns = [column for column in columns if column.name != "id"]
        self._getters = [_getter(column) for column in self.columns]
        self._limits = {
            index: limit
            for index, column in enumerate(self.columns)
            if (limit := _limit(column)) and column.sql_type.startswith("VARCHAR")
        }
        strings = [self._limits[i] for i in self._limits if self.columns[i].sql_type != TIMESTAMP]
        self._shortest = min(strings, default=0)
        has_unnamed = shape is not None and any(
            place.is_open or place.kind == "mixed" for place in shape.places()
        )
        self._shape = shape if has_unnamed else None
        #: How many keys of the rows made so far have no column.
        self.unnamed = 0

    def row(self, value: bytes) -> Row:
        """Return the row of an event's JSON.

        Raises ValueError for what is no event, a time that no calendar has and an event without a
        uuid, Unfit for a string that is longer than its column.
        """
        capsule = orjson.loads(value)
        if not isinstance(capsule, dict) or not isinstance(capsule.get("event"), dict):
            raise ValueError("it is no object with an event")
        uuid = capsule.get("uuid")
        if not isinstance(uuid, str) or len(uuid) != UUID_LENGTH or not uuid.isascii():
            raise ValueError(f"its uuid has not {UUID_LENGTH} characters of ASCII")
        moment = _moment(capsule)
        capsule["dt"] = moment[:-1]
        capsule["timestamp"] = "".join(filter(str.isdigit, moment))
        row = [get(capsule) for get in self._getters]
        # No string of an event can be longer than the event.
        if len(value) > self._shortest:
            self._check(row)
        if self._shape is not None:
            self.unnamed += count_unnamed(self._shape, capsule["event"])
        return row

    def _check(self, row: Row) -> None:
        # MySQL cuts spaces at a string's end silently, however strict it is.
        for index, limit in self._limits.items():
            value = row[index]
            if isinstance(value, str) and len(value) > limit:
                raise Unfit(
                    self.columns[index], f"{len(value)} characters are more than its {limit}"
                )


def _moment(capsule: dict[str, Any]) -> str:
    given = capsule.get("dt") or capsule.get("timestamp")
    try:
        return in_utc(capsule.get("dt") or iso8601(capsule["timestamp"]))
    except (OverflowError, TypeError, KeyError) as error:
        raise ValueError(f"{given!r:.80} is no time") from error


class Unfit(ValueError):
    """A value that its column cannot hold."""

    def __init__(self, column: Column, detail: str) -> None:
        super().__init__(f"column {column.name}: {detail}")
        self.column = column


def _limit(column: Column) -> int:
    """Return how many characters a column holds, 0 where that is not counted in characters."""
    length = column.sql_type.partition("(")[2].rstrip(")")
    return int(length or 0)


def _getter(column: Column) -> Callable[[dict[str, Any]], Value]:
    cast = _cast(column)
    default = default_value(column)
    if len(column.path) == 1:
        return _top(column.path[0], cast)
    if len(column.path) == 2:
        return _of_event(column.path[1], cast, default)
    return _nested(column.path, cast, default)


def default_value(column: Column) -> Value:
    """Return what a column holds of an event that lacks its value.

    Raises ValueError for a default that cannot be cast to the column's type.
    """
    return None if column.default is None else _cast(column)(column.default)


Cast = Callable[[Any], Value]


def _top(name: str, cast: Cast) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value = capsule.get(name)
        return None if value is None else cast(value)

    return get


def _of_event(name: str, cast: Cast, default: Value) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value = capsule["event"].get(name, LEFT_OUT)
        if value is None:
            return None
        return default if value is LEFT_OUT else cast(value)

    return get


def _nested(path: tuple[str, ...], cast: Cast, default: Value) -> Callable[[dict[str, Any]], Value]:
    def get(capsule: dict[str, Any]) -> Value:
        value: Any = capsule
        for name in path:
            if isinstance(value, dict):
                value = value.get(name, LEFT_OUT)
            else:
                # A member of null, or of what is no object, is no key left out.
                return default if value is LEFT_OUT else None
        if value is None:
            return None
        return default if value is LEFT_OUT else cast(value)

    return get


def _cast(column: Column) -> Cast:
    if column.path == ("userAgent",):
        # Browsers choose its length: no event is refused for it.
        return _user_agent(_limit(column) or TEXT_CHARACTERS)
    if column.sql_type == TIMESTAMP and column.path != ("timestamp",):
        return mediawiki_timestamp
    if column.sql_type == TYPES["integer"]:
        return lambda value: exact_int(number(value))
    if column.sql_type in (*TYPES.values(), *NUMBERS):
        return number
    return text


def _user_agent(limit: int) -> Cast:
    def cast(value: Any) -> str:
        return value[:limit] if isinstance(value, str) else short_json(value, limit)

    return cast


def number(value: Any) -> float:
    """Return a number or a boolean as it is; raises ValueError for anything else.

    MySQL's driver makes an expression of a list, which MySQL refuses without naming a column.
    """
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r:.80} is no number")
    return value


def text(value: Any) -> str:
    """Return a string as it is, anything else as JSON text; raises ValueError as `encode`."""
    return value if isinstance(value, str) else encode(value).decode()


def mediawiki_timestamp(value: Any) -> str:
    """Return seconds or milliseconds since the epoch as `20200913122640`, UTC; a text as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        given = text(value)
        if len(given) > DIGITS:
            raise ValueError(f"{given:.80} is longer than a timestamp's {DIGITS} characters")
        return given
    return fourteen_digits(value)
