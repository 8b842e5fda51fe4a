"""Comments of tables and columns, of the descriptions of schemas, as the metastore can hold them.

Its columns are of 255 characters in older ones, and of latin1, which is Windows-1252 in MariaDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfaust.schema.shape import Place, shape_of
from elfaust.sinks.parquet.types import column_name

#: Characters of a comment, and of a key of a table's properties.
MAX_COMMENT, MAX_KEY = 255, 256
#: How keys of properties begin that have the description of a nested field.
FIELD = "elfaust.field."
CAPSULE = {
    "dt": "When the event happened, as who sent it says: ISO 8601, UTC",
    "recvfrom": "Host that received the event",
    "revision": "Revision of the schema",
    "schema": "Name of the schema",
    "seqid": "Number that the receiving host gave the event",
    "useragent": "User agent, parsed",
    "uuid": "Identity of the event, 32 hexadecimal digits",
    "webhost": "Host of the page that sent the event",
    "wiki": "Database of the wiki that sent the event",
    "event": "What the schema describes, each field in a property elfaust.field.* of the table",
    "event_unnamed": "Keys of the event that its schema does not name: JSON text",
    "received": "When Kafka got the raw line: a timestamp in UTC, NULL where it is not known",
    "event_time": "dt as a timestamp in UTC",
}
PARTITIONS = {
    "year": "Year of the event's hour, UTC",
    "month": "Month of the event's hour, UTC, from 1",
    "day": "Day of the event's hour, UTC, from 1",
    "hour": "Hour of the event, UTC, from 0, or of its arrival where dt is not believed",
}


def comment(text: str) -> str:
    """Return a text as a comment: on one line, in characters of latin1, at most 255 of them."""
    line = " ".join(text.split())
    held = "".join(char if _is_held(char) else "?" for char in line)
    return held if len(held) <= MAX_COMMENT else f"{held[: MAX_COMMENT - 3].rstrip()}..."


def _is_held(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    # Of control characters some are in it.
    return char.isprintable()


def described(schema: dict[str, Any]) -> str:
    """Return what a schema says of itself: its description, its title where it has none."""
    words = schema.get("description") or schema.get("title")
    return comment(words) if isinstance(words, str) else ""


def field_comments(event: dict[str, Any]) -> dict[str, str]:
    """Return the descriptions of an event's fields, by their keys among a table's properties.

    The key of `items` in a list of objects is `elfaust.field.event.list[].items`. Raises ValueError
    for a schema without a shape.
    """
    found = {}
    for key, place in _keyed(shape_of(event), f"{FIELD}event"):
        if (words := _words(place)) and len(key) < MAX_KEY:
            found[key] = words
    return found


def _keyed(place: Place, key: str) -> Iterator[tuple[str, Place]]:
    """Yield the places in a place, each with its key: a property may be called as items are."""
    inner = [(f"{key}.{column_name(name)}", of) for name, of in place.members.items()]
    if place.item is not None:
        inner.append((f"{key}[]", place.item))
    for below, of in inner:
        yield below, of
        yield from _keyed(of, below)


def _words(place: Place) -> str:
    unit = place.schema.get("unit") or place.schema.get("units")
    words = place.schema.get("description")
    text = words if isinstance(words, str) else ""
    if isinstance(unit, str) and unit not in text:
        text = f"{text} ({unit})" if text else unit
    return comment(text)
