"""`$ref`: only within the schema itself, and never so many that a schema explodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfaust.json_text import MAX_DEPTH

#: Keywords whose values are data, in which nothing refers to anything.
DATA = ("enum", "const", "default", "examples")
#: A schema may have so many parts once its references are followed.
MAX_EXPANDED = 10_000


def target(schema: dict[str, Any], reference: str) -> Any:
    """Return what a `$ref` refers to.

    Raises ValueError for one that leaves the schema or leads nowhere.
    """
    if reference != "#" and not reference.startswith("#/"):
        raise ValueError(f"$ref {reference!r} is not looked up: only #/... within the schema is")
    found: Any = schema
    for part in reference.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ValueError(f"$ref {reference!r} leads nowhere in the schema") from None
    return found


def check(schema: dict[str, Any]) -> bool:
    """Return whether a schema has references; all of them stay within it and its limits.

    Raises ValueError that says which reference does not, or which limit is passed: depth, or parts
    once the references are followed.
    """
    expanded = _Expansion(schema)
    if expanded.parts(schema, MAX_DEPTH) > MAX_EXPANDED:
        raise ValueError(f"its references expand to more than {MAX_EXPANDED} parts")
    return expanded.has_references


def expanded(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that `check` has passed with each reference replaced by what it refers to.

    A part that holds itself has no end: there it is an empty schema.
    """
    result: dict[str, Any] = _expanded(schema, schema, (id(schema),))
    return result


def _expanded(root: dict[str, Any], part: Any, above: tuple[int, ...]) -> Any:
    if isinstance(part, list):
        return [_expanded(root, item, above) for item in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("$ref"), str):
        found = target(root, part["$ref"])
        return {} if id(found) in above else _expanded(root, found, (*above, id(found)))
    return {k: v if k in DATA else _expanded(root, v, above) for k, v in part.items()}


class _Expansion:
    """Counts the parts of a schema; one that holds itself is counted once on its way."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._known: dict[int, int] = {}
        self.has_references = False

    def parts(self, part: Any, levels: int) -> int:
        """Return how many parts there are in a part of the schema, itself included."""
        if not levels:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        if id(part) in self._known:
            return self._known[id(part)]
        self._known[id(part)] = 1
        total = 1 + sum(self.parts(inner, levels - 1) for inner in _inner(part))
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            self.has_references = True
            total += self.parts(target(self._schema, part["$ref"]), MAX_DEPTH)
        self._known[id(part)] = total
        return total


def _inner(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from (v for k, v in part.items() if k not in DATA and isinstance(v, dict | list))
    elif isinstance(part, list):
        yield from (item for item in part if isinstance(item, dict | list))
