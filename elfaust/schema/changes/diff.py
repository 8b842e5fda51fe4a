"""What has changed between two revisions of a schema, and whether it breaks anybody.

Breaking is what refuses events that were valid, or takes from readers what they had. Where only a
person can tell, a change is not `sure`, and counts as breaking.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from elfaust.schema.changes.change import Change, Pair, unsure
from elfaust.schema.changes.keywords import (
    ABSENT,
    ANNOTATIONS,
    REFUSING,
    effect,
    knows,
    same,
    shown,
)
from elfaust.schema.changes.members import items, others, patterns, properties, required
from elfaust.schema.changes.parts import (
    Part,
    are_same,
    dynamic_definitions,
    negated_recursion,
    root_part,
    without_annotations,
)
from elfaust.schema.tree import types_of
from elfaust.schema.validation.drafts import DRAFT3

Schema = dict[str, Any]
ANY = frozenset(["any"])
#: With these an object or array may take what other keywords have looked at.
UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
#: Keywords that look at all keys or items, or at the first ones.
EVALUATING = ("additionalProperties", "items", "prefixItems", "additionalItems")


def diff(old: Schema, new: Schema) -> list[Change]:
    """Return the changes from one revision to another, in the order of their paths.

    Raises ValueError for a schema whose references cannot be followed, or of an unknown draft.
    """
    first = Pair("$.event", root_part(old), root_part(new))
    changes = []
    if first.was.draft != first.now.draft:
        message = f"written in draft {first.was.draft}, now {first.now.draft}"
        changes.append(unsure(first.path, message))
    if not same(dynamic_definitions(old), dynamic_definitions(new)):
        changes.append(unsure(first.path, "parts that $dynamicRef may refer to have changed"))
    within = negated_recursion(first.was.of) or negated_recursion(first.now.of)
    if within and not same(without_annotations(first.was.of), without_annotations(first.now.of)):
        message = f"it contains itself within {within}: what is allowed now may be refused there"
        changes.append(unsure(first.path, message))
    left = [first]
    while left:
        pair = left.pop()
        if pair.was.of is None or pair.now.of is None:
            changes += _of_nothing(pair)
            continue
        for found in _looked(pair):
            if isinstance(found, Change):
                changes.append(found)
            else:
                left.append(found)
    return sorted(changes, key=lambda change: change.path)


def _looked(pair: Pair) -> Iterator[Change | Pair]:
    """Find what has changed at a part, and the parts of it that are others now."""
    yield from _keywords(pair)
    for keywords, looks in TOGETHER.items():
        reported = False
        for found in itertools.chain.from_iterable(look(pair) for look in looks):
            if isinstance(found, Change):
                reported = True
            elif same(found.was.of, found.now.of):
                continue
            else:
                # Of parts that differ in annotations alone there may be nothing to tell.
                before, after = without_annotations(found.was.of), without_annotations(found.now.of)
                reported = reported or not same(before, after)
            yield found
        yield from _otherwise(pair, keywords, reported)


def _otherwise(pair: Pair, keywords: Iterable[str], reported: bool) -> Iterator[Change]:
    """Find what is written otherwise of keywords; `reported`: something was found of them before.

    As far as is known of its keyword that means the same, but where `unevaluated...` has rules for
    what nothing else has looked at.
    """
    for keyword in keywords:
        was, now = pair.of(keyword)
        if are_same(keyword, was, now) or (keyword == "required" and _is_reported_above(pair)):
            continue
        message = f"{keyword} {shown(was)}, now {shown(now)}"
        if keyword in EVALUATING and _looks_at_less(was, now) and _has_rules_for_the_rest(pair.now):
            yield unsure(pair.path, message)
        elif not reported:
            yield Change(pair.path, message, breaking=False)


def _is_reported_above(pair: Pair) -> bool:
    """Tell whether the object of a property reports that draft 3 has it required, or not."""
    required_was, required_is = (bool(part.get("required")) for part in (pair.was, pair.now))
    return pair.is_named and DRAFT3.name in pair.drafts and required_was != required_is


def _looks_at_less(was: Any, now: Any) -> bool:
    fewer = isinstance(now, list) and not (isinstance(was, list) and len(now) >= len(was))
    return was is not ABSENT and (now is ABSENT or fewer)


def _has_rules_for_the_rest(part: Part) -> bool:
    return any(part.get(name) is not None for name in UNEVALUATED)


def _of_nothing(pair: Pair) -> Iterator[Change]:
    if pair.was.of is not None:
        yield Change(pair.path, "no value allowed now", breaking=True)
    elif pair.now.of is not None:
        yield Change(pair.path, "no value was allowed, now some are", breaking=False)


def _types(pair: Pair) -> Iterator[Change]:
    was, now = pair.was.get("type", "any"), pair.now.get("type", "any")
    if _has_schemas(was) or _has_schemas(now):
        if not are_same("type", was, now):
            yield unsure(pair.path, f"type {was}, now {now}")
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


def _values(pair: Pair) -> Iterator[Change]:
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


def _keywords(pair: Pair) -> Iterator[Change]:
    """Find what has changed of keywords each of which counts for itself."""
    old, new = pair.was.of or {}, pair.now.of or {}
    for keyword in sorted(old.keys() | new.keys()):
        was, now = old.get(keyword, ABSENT), new.get(keyword, ABSENT)
        if same(was, now) or (keyword not in ANNOTATIONS and are_same(keyword, was, now)):
            continue
        for draft in pair.drafts:
            if not knows(draft, keyword) and keyword not in ANNOTATIONS:
                yield unsure(pair.path, f"{keyword} changed, which draft {draft} does not know")
                break
        else:
            if keyword not in LOOKED_AT_TOGETHER:
                yield from _keyword(pair, keyword, was, now)


def _keyword(pair: Pair, keyword: str, was: Any, now: Any) -> Iterator[Change]:
    found = effect(keyword, was, now)
    if found is None:
        return
    if found.breaking is None or (keyword in REFUSING and _has_rules_for_the_rest(pair.now)):
        yield unsure(pair.path, found.message)
    else:
        yield Change(pair.path, found.message, found.breaking)


Look = Callable[[Pair], Iterator[Change | Pair]]
#: Keywords that are looked at together, and who looks at them.
TOGETHER: dict[tuple[str, ...], tuple[Look, ...]] = {
    ("type",): (_types,),
    ("enum", "const"): (_values,),
    ("additionalProperties", "patternProperties"): (others, patterns),
    ("properties", "required"): (required, properties),
    ("items", "prefixItems", "additionalItems"): (items,),
}
LOOKED_AT_TOGETHER = frozenset(itertools.chain.from_iterable(TOGETHER))
