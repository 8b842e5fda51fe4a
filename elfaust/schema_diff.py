"""What has changed between two revisions of a schema, and whether it breaks anybody.

Breaking is what refuses events that were valid, or takes from readers what they had. Where only a
person can tell, a change is not `sure`, and counts as breaking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from elfaust.drafts import DRAFT3
from elfaust.keywords import ABSENT, ANNOTATIONS, REFUSING, effect, knows, same
from elfaust.schema_pairs import Part, are_same, bare, dynamic_definitions, whole
from elfaust.schema_tree import types_of

Schema = dict[str, Any]
ANY = frozenset(["any"])
#: Keywords that are looked at together with others.
TOGETHER = (
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "items",
    "prefixItems",
    "additionalItems",
)
#: With these an object or array may take what other keywords have looked at.
UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")


class Change(NamedTuple):
    """One change: where, what, whether it breaks producers or readers, whether that is `sure`."""

    path: str
    message: str
    breaking: bool
    sure: bool = True

    @property
    def kind(self) -> str:
        """What it is in the words of `elfaust schema diff`."""
        if not self.sure:
            return "changed: look yourself"
        return "breaking" if self.breaking else "compatible"


class _Pair(NamedTuple):
    """A part of a schema in two revisions."""

    path: str
    was: Part
    now: Part

    def part(self, name: str, was: Any, now: Any) -> _Pair:
        """Return a part of both; `name` is what it adds to the path."""
        return _Pair(f"{self.path}{name}", self.was.part(was), self.now.part(now))


def diff(old: Schema, new: Schema) -> list[Change]:
    """Return the changes from one revision to another, in the order of their paths.

    Raises ValueError for a schema whose references cannot be followed, or of an unknown draft.
    """
    first = _Pair("$.event", whole(old), whole(new))
    changes = []
    if first.was.draft != first.now.draft:
        message = f"written in draft {first.was.draft}, now {first.now.draft}"
        changes.append(_unsure(first.path, message))
    if not same(dynamic_definitions(old), dynamic_definitions(new)):
        changes.append(_unsure(first.path, "parts that $dynamicRef may refer to are others now"))
    left = [first]
    while left:
        pair = left.pop()
        if pair.was.of is None or pair.now.of is None:
            changes += _of_nothing(pair)
            continue
        for look in (_types, _values, _keywords, _others, _required):
            changes += look(pair)
        for found in (*_properties(pair), *_patterns(pair), *_items(pair)):
            if isinstance(found, Change):
                changes.append(found)
            elif not same(found.was.of, found.now.of):
                left.append(found)
    return sorted(changes, key=lambda change: change.path)


def _unsure(path: str, message: str) -> Change:
    return Change(path, message, breaking=True, sure=False)


def _of_nothing(pair: _Pair) -> Iterator[Change]:
    if pair.was.of is not None:
        yield Change(pair.path, "no value allowed now", breaking=True)
    elif pair.now.of is not None:
        yield Change(pair.path, "no value was allowed, now some are", breaking=False)


def _types(pair: _Pair) -> Iterator[Change]:
    was, now = pair.was.get("type", "any"), pair.now.get("type", "any")
    if _has_schemas(was) or _has_schemas(now):
        if not are_same("type", was, now):
            yield _unsure(pair.path, f"type {was}, now {now}")
        return
    before, after = types_of({"type": was}), types_of({"type": now})
    if before != after:
        message = f"type {' or '.join(sorted(before))}, now {' or '.join(sorted(after))}"
        yield Change(pair.path, message, breaking=not _widens(before, after))


def _has_schemas(types: Any) -> bool:
    listed = types if isinstance(types, list) else [types]
    return not all(isinstance(name, str) for name in listed)


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


def _values(pair: _Pair) -> Iterator[Change]:
    path, before, after = pair.path, pair.was.allowed, pair.now.allowed
    if before is None and after is None:
        return
    if after is None:
        yield Change(path, "any value allowed now", breaking=False)
    elif before is None:
        yield Change(path, f"only {after} allowed now", breaking=True)
    else:
        gone = [value for value in before if not any(same(value, other) for other in after)]
        come = [value for value in after if not any(same(value, other) for other in before)]
        if gone:
            yield Change(path, f"values no longer allowed: {gone}", breaking=True)
        if come:
            yield Change(path, f"values allowed now: {come}", breaking=False)


def _keywords(pair: _Pair) -> Iterator[Change]:
    """Find what has changed of keywords each of which counts for itself."""
    old, new = pair.was.of or {}, pair.now.of or {}
    for keyword in sorted(old.keys() | new.keys()):
        was, now = old.get(keyword, ABSENT), new.get(keyword, ABSENT)
        if same(was, now) or (keyword not in ANNOTATIONS and are_same(keyword, was, now)):
            continue
        for draft in dict.fromkeys((pair.was.draft, pair.now.draft)):
            if not knows(draft, keyword) and keyword not in ANNOTATIONS:
                yield _unsure(pair.path, f"{keyword} changed, which draft {draft} does not know")
                break
        else:
            if keyword not in TOGETHER:
                yield from _keyword(pair, keyword, was, now)


def _keyword(pair: _Pair, keyword: str, was: Any, now: Any) -> Iterator[Change]:
    found = effect(keyword, was, now)
    if found is None:
        return
    counted = keyword in REFUSING and any(pair.now.get(name) is not None for name in UNEVALUATED)
    if found.breaking is None or counted:
        yield _unsure(pair.path, found.message)
    else:
        yield Change(pair.path, found.message, found.breaking)


def _required(pair: _Pair) -> Iterator[Change]:
    """Find what is required, or is not any more, of what is there in both revisions, or neither."""
    come_or_gone = pair.was.properties.keys() ^ pair.now.properties.keys()
    for name in sorted((pair.was.required ^ pair.now.required) - come_or_gone):
        needed = name in pair.now.required
        message = "required now" if needed else "optional now"
        yield Change(f"{pair.path}.{name}", message, breaking=needed)
    if DRAFT3.name in (pair.was.draft, pair.now.draft):
        lists = [part.get("required") for part in (pair.was, pair.now)]
        if any(isinstance(of, list) for of in lists) and not same(*lists):
            yield _unsure(pair.path, "a list of what is required, which draft 03 does not know")


def _properties(pair: _Pair) -> Iterator[Change | _Pair]:
    was, now = pair.was.properties, pair.now.properties
    for name in sorted(was.keys() | now.keys()):
        if name in was and name in now:
            yield pair.part(f".{name}", was[name], now[name])
        elif name in was:
            yield Change(f"{pair.path}.{name}", "removed", breaking=True)
        else:
            yield _added(pair, name, now[name])


def _added(pair: _Pair, name: str, of: Any) -> Change:
    path = f"{pair.path}.{name}"
    if name in pair.now.required:
        return Change(path, "added, required", breaking=True)
    was_taken = pair.was.patterns or pair.was.get("additionalProperties", True) is not False
    if was_taken and bare(of) not in ({}, True):
        return _unsure(path, "added, optional; what was sent of it before had any value")
    return Change(path, "added, optional", breaking=False)


def _others(pair: _Pair) -> Iterator[Change]:
    was, now = (part.get("additionalProperties", True) for part in (pair.was, pair.now))
    if (was is False) != (now is False):
        message = "other properties refused now" if now is False else "other properties allowed now"
        yield Change(pair.path, message, breaking=now is False)


def _patterns(pair: _Pair) -> Iterator[Change | _Pair]:
    was, now = pair.was.patterns, pair.now.patterns
    for pattern in sorted(was.keys() | now.keys()):
        if pattern in was and pattern in now:
            yield pair.part(f".{{{pattern}}}", was[pattern], now[pattern])
        else:
            kind = "by a schema of their own" if pattern in now else "as all others"
            yield _unsure(pair.path, f"properties like {pattern} {kind} now")
    others = [part.get("additionalProperties", True) for part in (pair.was, pair.now)]
    if False not in others:
        yield pair.part(".*", *others)


def _items(pair: _Pair) -> Iterator[Change | _Pair]:
    (was, others_were), (now, others) = pair.was.items, pair.now.items
    for place in range(max(len(was), len(now))):
        one = was[place] if place < len(was) else others_were
        other = now[place] if place < len(now) else others
        yield pair.part(f"[{place}]", one, other)
    yield pair.part("[]", others_were, others)
