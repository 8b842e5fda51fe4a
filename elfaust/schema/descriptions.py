"""What schemas say of themselves and of their fields, on one line."""

from __future__ import annotations

from typing import Any


def described(schema: dict[str, Any]) -> str:
    """Return what a schema says of an event: its description, its title where it has none."""
    return _text(schema, "description") or _text(schema, "title")


def description(schema: dict[str, Any]) -> str:
    """Return what a schema says of one field, with its unit where the words do not have it."""
    words, unit = _text(schema, "description"), _text(schema, "unit") or _text(schema, "units")
    if not unit or unit in words:
        return words
    return f"{words} ({unit})" if words else unit


def _text(schema: dict[str, Any], name: str) -> str:
    text = schema.get(name)
    if not isinstance(text, str):
        return ""
    # What does not print may be anything to whoever reads it: a line's end, or its direction.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
