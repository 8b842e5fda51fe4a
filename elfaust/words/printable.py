"""Texts as a terminal may get them: what would move its cursor or change it is escaped."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a text with an escape, as `\\x1b`, for each character that cannot be printed."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
