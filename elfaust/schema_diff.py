"""What has changed between two revisions of a schema, and whether it breaks anybody.

Breaking is what refuses events that were valid, or takes from readers what they had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from elfaust.schema_tree import Property, Schema, properties, types_of

#: Keywords that refuse more when their number grows (1) or shrinks (-1).
LIMITS = {
    "minimum": 1,
    "minLength": 1,
    "minItems": 1,
    "maximum": -1,
    "maxLength": -1,
    "maxItems": -1,
}
ANY = frozenset(["any"])


class Change(NamedTuple):
    """One change: where, what, and whether it breaks producers or readers."""

    path: str
    message: str
    breaking: bool


def diff(old: Schema, new: Schema) -> list[Change]:
    """Return the changes from one revision to another, in the order of their paths.

    Raises ValueError for a schema whose references cannot be followed.
    """
    before = {found.path: found for found in properties(old)}
    after = {found.path: found for found in properties(new)}
    changes = list(_of_object("$.event", old, new))
    for path in sorted(before.keys() | after.keys()):
        was, now = before.get(path), after.get(path)
        if was is None and now is not None:
            changes.append(_added(now))
        elif now is None and was is not None:
            changes.append(Change(was.name, "removed", breaking=True))
        elif was is not None and now is not None:
            changes += _changed(was, now)
    return changes


def _added(now: Property) -> Change:
    how = "added, required" if now.required else "added, optional"
    return Change(now.name, how, breaking=now.required)


def _changed(was: Property, now: Property) -> Iterator[Change]:
    if was.required != now.required:
        message = "required now" if now.required else "optional now"
        yield Change(now.name, message, breaking=now.required)
    yield from _types(now.name, was.schema, now.schema)
    yield from _values(now.name, was.schema, now.schema)
    yield from _limits(now.name, was.schema, now.schema)
    yield from _of_object(now.name, was.schema, now.schema)


def _types(path: str, was: Schema, now: Schema) -> Iterator[Change]:
    before, after = types_of(was), types_of(now)
    if before != after:
        message = f"type {' or '.join(sorted(before))}, now {' or '.join(sorted(after))}"
        yield Change(path, message, breaking=not _widens(before, after))


def _widens(before: frozenset[str], after: frozenset[str]) -> bool:
    """Tell whether all that was valid is, in columns that readers can read as before.

    Every column may be NULL, and an integer is a number; what has several types is text, as a
    string is.
    """
    null = frozenset(["null"])
    if null & before and not (null & after or after == ANY):
        return False
    old, new = before - null, after - null
    if old == new or (old, new) == (frozenset(["integer"]), frozenset(["number"])):
        return True
    text = old == frozenset(["string"]) or len(old) > 1
    return text and (new == ANY or (old <= new and len(new) > 1))


def _values(path: str, was: Schema, now: Schema) -> Iterator[Change]:
    before, after = was.get("enum"), now.get("enum")
    if before == after:
        return
    if after is None:
        yield Change(path, "any value allowed now", breaking=False)
    elif before is None:
        yield Change(path, f"only {after} allowed now", breaking=True)
    else:
        gone = [value for value in before if value not in after]
        come = [value for value in after if value not in before]
        if gone:
            yield Change(path, f"values no longer allowed: {gone}", breaking=True)
        if come:
            yield Change(path, f"values allowed now: {come}", breaking=False)


def _limits(path: str, was: Schema, now: Schema) -> Iterator[Change]:
    for keyword, sense in LIMITS.items():
        loosest = -sense * math.inf
        before, after = was.get(keyword, loosest), now.get(keyword, loosest)
        if before != after:
            message = f"{keyword} {_shown(was, keyword)}, now {_shown(now, keyword)}"
            yield Change(path, message, breaking=sense * after > sense * before)
    if was.get("pattern") != now.get("pattern"):
        message = f"pattern {_shown(was, 'pattern')}, now {_shown(now, 'pattern')}"
        yield Change(path, message, breaking="pattern" in now)


def _of_object(path: str, was: Schema, now: Schema) -> Iterator[Change]:
    before, after = _is_closed(path, was), _is_closed(path, now)
    if before != after:
        message = "other properties refused now" if after else "other properties allowed now"
        yield Change(path, message, breaking=after)
    if was.get("description") != now.get("description"):
        yield Change(path, "described otherwise", breaking=False)


def _is_closed(path: str, schema: Schema) -> bool:
    # Of an event itself EventLogging refuses what the schema does not name.
    return schema.get("additionalProperties", path != "$.event") is False


def _shown(schema: Schema, keyword: str) -> Any:
    return schema.get(keyword, "none")
