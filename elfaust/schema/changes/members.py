"""What has changed of the members of a part of a schema: its properties and its items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfaust.schema.changes.change import Change, Pair, unsure
from elfaust.schema.changes.keywords import same
from elfaust.schema.changes.parts import without_annotations
from elfaust.schema.validation.drafts import DRAFT3


def required(pair: Pair) -> Iterator[Change]:
    """Find what is required, or is not any more, of what is there in both revisions, or neither."""
    come_or_gone = pair.was.properties.keys() ^ pair.now.properties.keys()
    for name in sorted((pair.was.required ^ pair.now.required) - come_or_gone):
        needed = name in pair.now.required
        message = "required now" if needed else "optional now"
        yield Change(f"{pair.path}.{name}", message, breaking=needed)
    if DRAFT3.name in pair.drafts:
        lists = [part.get("required") for part in (pair.was, pair.now)]
        if any(isinstance(of, list) for of in lists) and not same(*lists):
            yield unsure(pair.path, "a list of what is required, which draft 03 does not know")


def properties(pair: Pair) -> Iterator[Change | Pair]:
    """Find properties that come and go, and those of both."""
    was, now = pair.was.properties, pair.now.properties
    for name in sorted(was.keys() | now.keys()):
        if name in was and name in now:
            yield pair.part(f".{name}", was[name], now[name], is_named=True)
        elif name in was:
            yield Change(f"{pair.path}.{name}", "removed", breaking=True)
        else:
            yield _added(pair, name, now[name])


def _added(pair: Pair, name: str, of: Any) -> Change:
    path = f"{pair.path}.{name}"
    if name in pair.now.required:
        return Change(path, "added, required", breaking=True)
    was_taken = pair.was.patterns or pair.was.get("additionalProperties", True) is not False
    if was_taken and without_annotations(of) not in ({}, True):
        return unsure(path, "added, optional; what was sent of it before had any value")
    return Change(path, "added, optional", breaking=False)


def others(pair: Pair) -> Iterator[Change]:
    """Find whether the properties that nobody names are refused, or are not any more."""
    was, now = (part.get("additionalProperties", True) for part in (pair.was, pair.now))
    if (was is False) != (now is False):
        message = "other properties refused now" if now is False else "other properties allowed now"
        yield Change(pair.path, message, breaking=now is False)


def patterns(pair: Pair) -> Iterator[Change | Pair]:
    """Find patterns of names that come and go, and the parts of what is not named in both."""
    was, now = pair.was.patterns, pair.now.patterns
    for pattern in sorted(was.keys() | now.keys()):
        if pattern in was and pattern in now:
            yield pair.part(f".{{{pattern}}}", was[pattern], now[pattern])
        else:
            kind = "by a schema of their own" if pattern in now else "as all others"
            yield unsure(pair.path, f"properties like {pattern} {kind} now")
    others = [part.get("additionalProperties", True) for part in (pair.was, pair.now)]
    if False not in others:
        yield pair.part(".*", *others)


def items(pair: Pair) -> Iterator[Change | Pair]:
    """Find the items of both, by their place and all others."""
    (was, others_were), (now, others) = pair.was.items, pair.now.items
    for place in range(max(len(was), len(now))):
        one = was[place] if place < len(was) else others_were
        other = now[place] if place < len(now) else others
        yield pair.part(f"[{place}]", one, other)
    yield pair.part("[]", others_were, others)
