"""Comments of tables and columns: the descriptions of schemas, as MySQL can hold them.

A comment is no part of what a table must be: nobody's events wait for one, and a table from before
there were comments stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elfaust.schema.columns import Column
from elfaust.schema.descriptions import description
from elfaust.schema.shape import Place
from elfaust.sinks.mysql.table_limits import COLUMN_BYTES, DEFINITION_BYTES

#: Characters of a column's comment, and of a table's.
MAX_COLUMN, MAX_TABLE = 1_024, 2_048
#: Fewer bytes of a comment say nothing.
FEWEST_BYTES = 12
#: MySQL keeps comments in utf8mb3, which ends here.
LAST_CHARACTER, OTHER_CHARACTER = "\uffff", "\ufffd"
CAPSULE: Mapping[str, str] = {
    "id": "Number of the row, in the order in which rows were stored",
    "uuid": "Identity of the event, 32 hexadecimal digits",
    "dt": "When the event happened, as who sent it says: UTC",
    "timestamp": "When the event happened, as who sent it says: YYYYMMDDHHMMSS, UTC",
    "clientIp": "Address of the client, as the pipeline keeps it",
    "userAgent": "User agent: JSON text of its parts, or as it was sent",
    "webHost": "Host of the page that sent the event",
    "wiki": "Database of the wiki that sent the event",
}
JSON_TEXT = "JSON text"
#: What MySQL has as JSON text, by kind of place.
AS_JSON = ("untyped", "list", "object", "mixed")


def column_comments(event: Place, columns: Sequence[Column]) -> dict[str, str]:
    """Return the comments of columns that have one, by name.

    All of a table's are in the block that has its names too: where there is not room for each,
    every one is cut to the same bytes.
    """
    leaves = {leaf.path: leaf for leaf in event.leaves()}
    words = {
        column.name: _words(leaves[column.path])
        if column.path in leaves
        else CAPSULE.get(column.name, "")
        for column in columns
    }
    found = {name: storable(text, MAX_COLUMN) for name, text in words.items() if text}
    room = DEFINITION_BYTES - sum(len(c.name.encode()) + COLUMN_BYTES for c in columns)
    if sum(len(text.encode()) for text in found.values()) <= room:
        return found
    most = room // max(1, len(found))
    return {name: _cut(text, most) for name, text in found.items()} if most > FEWEST_BYTES else {}


def storable(text: str, most: int) -> str:
    """Return at most so many characters of a text, those that MySQL cannot hold replaced."""
    held = "".join(
        OTHER_CHARACTER if char > LAST_CHARACTER or "\ud800" <= char <= "\udfff" else char
        for char in text
    )
    return held if len(held) <= most else f"{held[: most - 3].rstrip()}..."


def literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _words(leaf: Place) -> str:
    words = description(leaf.schema)
    if leaf.path[-1] == "timestamp":
        # Its column has MediaWiki's form, whatever the event has.
        return f"{words} [YYYYMMDDHHMMSS, UTC]" if words else "YYYYMMDDHHMMSS, UTC"
    if leaf.kind in AS_JSON:
        return f"{JSON_TEXT}: {words}" if words else JSON_TEXT
    return words


def _cut(text: str, most: int) -> str:
    """Return at most so many bytes of a text, whole characters of it."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode("utf-8", "ignore").rstrip() + "..."
