"""Names in Graphite's tree, one for one series.

A name is words with dots between them. A word of ours is made of letters, digits, `_` and `-`,
which neither StatsD nor Carbon changes. Any other character is written `_xHH_`, its number in
hexadecimal, and so is a `_` that could be taken for the beginning of that: two texts never become
one word, and a text that needs no change keeps its name, as EventLogging's dashboards ask for it.

No name is another's beginning up to a dot, for graphite-web would show a folder in its place.
"""

from __future__ import annotations

import re
from functools import lru_cache

from elfaust.records import SchemaKey

_CHANGED = re.compile(r"[^A-Za-z0-9_-]|_(?=x(?![a-zG-Z-]|\Z))")
_WRITTEN = re.compile(r"_x([0-9A-F]*)_")


def word(text: str) -> str:
    """Return a text as one word of a name; another text gives another word."""
    if not text:
        return "_x_"
    return _CHANGED.sub(lambda found: f"_x{ord(found[0]):X}_", text)


def text_of(name: str) -> str:
    """Return the text that `word` made a word of."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", name)


def overall(name: str) -> str:
    """Return the name of a number of all lines: `raw`, `valid` or `stored`."""
    return f"overall.{name}"


def overall_errors(code: str) -> str:
    """Return the name of the errors of a code, of all schemas."""
    return f"overall.errors.{word(code)}"


def valid(key: SchemaKey) -> str:
    """Return the name of the valid events of a schema revision."""
    return f"schema.{word(key.schema)}.{key.revision}.valid"


def errors(key: SchemaKey, code: str) -> str:
    """Return the name of the errors of a schema revision and a code."""
    return f"schema.{word(key.schema)}.{key.revision}.errors.{word(code)}"


def acknowledged(role: str) -> str:
    """Return the name of how many records a role has finished at all times."""
    return f"role.{word(role)}.acknowledged_total"


@lru_cache(maxsize=20_000)
def of_topic(role: str, topic: str, name: str) -> str:
    """Return the name of a number of a topic as a role has read it.

    `acknowledged_total`, `lag_events`, or `lag_seconds`.
    """
    return f"role.{word(role)}.topic.{word(topic)}.{name}"
