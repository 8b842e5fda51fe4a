"""Errors by what is wrong: schema, revision, code and path, the most first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from elfaust.view.filters import MAX_CHARS
from elfaust.view.seen import Seen, when

#: An item of a list, in a path: all of them are one group.
ITEM = re.compile(r"\[[0-9]+\]")


@dataclass
class Group:
    """Errors that have schema, revision, code and path in common."""

    schema: str
    revision: int
    code: str
    path: str
    newest: Seen
    number: int = 0
    #: Milliseconds since the epoch.
    first: int = 0
    last: int = 0

    @property
    def filter(self) -> str:
        """The filter that picks these errors, without the path where lists have many items.

        It is without a text that is too long for a filter, too.
        """
        terms = {"schema": self.schema, "revision": str(self.revision), "code": self.code}
        if "[]" not in self.path:
            terms["path"] = self.path
        listed = [f"{name}:{_quoted(value)}" for name, value in terms.items()]
        while len(found := " ".join(listed)) > MAX_CHARS:
            listed.remove(max(listed, key=len))
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the group as JSON: its newest error has the cause and the cure."""
        return {
            "schema": self.schema,
            "revision": self.revision,
            "code": self.code,
            "path": self.path,
            "errors": self.number,
            "first": when(self.first),
            "last": when(self.last),
            "message": self.newest.message,
            "cause": self.newest.cause,
            "hint": self.newest.hint,
            "newest": self.newest.as_json(),
        }


def groups(errors: Iterable[Seen]) -> list[Group]:
    """Return errors by group, the most first."""
    found: dict[tuple[str, int, str, str], Group] = {}
    for one in errors:
        key = (one.schema, one.revision, one.code, ITEM.sub("[]", one.path))
        group = found.setdefault(key, Group(*key, one, first=one.time, last=one.time))
        group.number += 1
        group.first = min(group.first, one.time)
        if one.time > group.last:
            group.last, group.newest = one.time, one
    return sorted(found.values(), key=lambda of: (-of.number, -of.last))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
