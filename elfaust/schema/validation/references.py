"""`$ref`: only within the schema itself, and never so many that a schema explodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from elfaust.json_text import MAX_DEPTH

#: Keywords whose values are data, in which nothing refers to anything.
DATA = ("enum", "const", "default", "examples")
#: Keywords whose values hold schemas, or lists of names, by name: there `default` is a name like
#: any other.
MAPS = (
    "properties",
    "patternProperties",
    "definitions",
    "$defs",
    "dependencies",
    "dependentSchemas",
    "dependentRequired",
)
#: What names a part of a schema or its draft: elfaust's references start at the whole schema.
NAMES = ("id", "$id", "$schema")
#: A schema may have so many parts once its references are followed.
MAX_EXPANDED = 10_000
#: And be nested so deep.
MAX_FOLLOWED = 200

#: Where a part of a schema stands in it.
Keys = tuple[str | int, ...]


def target(schema: dict[str, Any], reference: str) -> Any:
    """Return what a `$ref` refers to: a JSON pointer in a URI's fragment, percent-encoded.

    Raises ValueError for one that leaves the schema or leads nowhere.
    """
    if reference != "#" and not reference.startswith("#/"):
        raise ValueError(f"$ref {reference!r} is not looked up: only #/... within the schema is")
    found: Any = schema
    for part in unquote(reference).split("/")[1:]:
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


def unnamed(schema: Any) -> Any:
    """Return a schema without `id`, `$id` and `$schema`: no part of it is another document.

    `jsonschema` and jsonschema-rs would each follow them in a way of their own.
    """
    if isinstance(schema, list):
        return [unnamed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return mapped({k: v for k, v in schema.items() if k not in NAMES}, unnamed)


def mapped(schema: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a schema with each part right below it, lists of parts as one, changed."""
    new: dict[str, Any] = {}
    for key, value in schema.items():
        if key in MAPS and isinstance(value, dict):
            new[key] = {name: change(of) for name, of in value.items()}
        else:
            new[key] = value if key in DATA else change(value)
    return new


def parts_of(schema: Any) -> Iterator[tuple[Keys, Any]]:
    """Yield what stands right below a schema and may be a part of it, with its keys."""
    if isinstance(schema, list):
        yield from (((n,), of) for n, of in enumerate(schema))
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in MAPS and isinstance(value, dict):
            yield from (((key, name), of) for name, of in value.items())
        elif key not in DATA and isinstance(value, list):
            yield from (((key, n), of) for n, of in enumerate(value))
        elif key not in DATA:
            yield (key,), value


def json_path(keys: Keys) -> str:
    """Return the JSON path of a part of a schema, as in `$.properties.a`."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)


def _expanded(root: dict[str, Any], part: Any, above: tuple[int, ...]) -> Any:
    if isinstance(part, list):
        return [_expanded(root, item, above) for item in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("$ref"), str):
        found = target(root, part["$ref"])
        if id(found) in above:
            return {}
        whole = _expanded(root, found, (*above, id(found)))
        # Draft 3: that a property is required stands beside its name, not behind its reference.
        flagged = isinstance(whole, dict) and isinstance(whole.get("required"), bool)
        return {k: of for k, of in whole.items() if k != "required"} if flagged else whole
    return mapped(part, lambda inner: _expanded(root, inner, above))


class _Expansion:
    """Counts the parts of a schema; one that holds itself is counted once on its way."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._known: dict[int, int] = {}
        self.has_references = False

    def parts(self, part: Any, levels: int, followed: int = MAX_FOLLOWED) -> int:
        """Return how many parts there are in a part of the schema, itself included."""
        if levels < 1:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        if followed < 1:
            raise ValueError(f"its references nest deeper than {MAX_FOLLOWED} levels")
        if id(part) in self._known:
            return self._known[id(part)]
        self._known[id(part)] = 1
        total = 1
        for keys, of in parts_of(part):
            if isinstance(of, dict | list):
                total += self.parts(of, levels - len(keys), followed - len(keys))
        if isinstance(part, dict) and part.get("$ref") is not None:
            total += self._referred(part["$ref"], followed - 1)
        self._known[id(part)] = total
        return total

    def _referred(self, reference: Any, followed: int) -> int:
        if not isinstance(reference, str):
            raise ValueError(f"$ref {reference!r} is not a reference")
        self.has_references = True
        found = target(self._schema, reference)
        if isinstance(found, bool):
            return 1
        if not isinstance(found, dict):
            raise ValueError(f"$ref {reference!r} leads to something that is not a schema")
        return self.parts(found, MAX_DEPTH, followed)
