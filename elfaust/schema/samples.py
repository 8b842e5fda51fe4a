"""Events as a schema describes them, made up from a seed, or the simplest: for load and examples.

What only a validator can tell, such as whether a text matches a pattern or which branch of an
`anyOf` is meant, is guessed: whoever needs valid events asks the judge which of them are.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from elfaust.json_text import MAX_KEYS
from elfaust.schema.shape import Place

WORDS = ("text", "save", "cancel", "two words", "Ünïcödé", "edit-source", "42", "a;b?c=d&e", "")
#: Texts of the formats of JSON Schema, and some that patterns of schemas ask for.
OF_FORMATS = {
    "date-time": "2020-09-13T12:26:40Z",
    "date": "2020-09-13",
    "time": "12:26:40",
    "email": "a@example.org",
    "uri": "https://example.org/wiki/A",
    "ipv4": "192.0.2.1",
    "hostname": "example.org",
    "uuid": "78a9bf5e-1db9-5ccb-9696-9d59edc99e2a",
}
FOR_PATTERNS = ("a", "A", "1", "abc", "a1", "enwiki", "0123456789abcdef", *OF_FORMATS.values())
#: How often a property that need not be sent is sent, and one has the value that its schema names
#: as the default; and the most items of a list.
SHARE, DEFAULT_SHARE, MOST_ITEMS = 0.7, 0.2, 3
#: Steps of numbers that need not be whole, where a schema names none.
STEPS = (1, 0.001)
#: What a schema says in numbers beyond these, bounds above and steps below, is passed over.
LARGEST, FINEST = 2**63, 1e-9
#: A text or list is made no longer than this, even where its schema wants that.
LONGEST_TEXT, LONGEST_LIST = 1_000, 100
#: Whole numbers are made up from 0 to this, where a schema does not say otherwise.
MOST = 10_000
#: A value for each type of JSON, of which at least one is none of a given type.
OF_TYPES: dict[str, Any] = {
    "string": "text", "integer": 7, "number": 1.5, "boolean": True, "array": [], "object": {},
}  # fmt: skip


class Simplest(random.Random):
    """Picks what stands first and sends every property: an example is read by people."""

    def random(self) -> float:
        """Return what is below every share."""
        return 0.0

    def choice(self, seq: Any) -> Any:
        """Return the first of some values."""
        return seq[0]

    def randint(self, a: int, b: int) -> int:
        """Return 1, or what is nearest to it."""
        return min(max(a, 1), b)


def examples(place: Place, number: int) -> Iterator[Any]:
    """Yield so many values for a place, the simplest first: whoever needs a valid one asks on."""
    yield sample(place, Simplest())
    of = random.Random(1)
    yield from (sample(place, of) for _ in range(number - 1))


def sample(place: Place, of: random.Random, most: int = MAX_KEYS) -> Any:
    """Return a value for a place of a schema; its lists are as long as about `most` values allow.

    An event with more is refused.
    """
    schema = place.schema
    if "const" in schema:
        return schema["const"]
    if "default" in schema and of.random() < DEFAULT_SHARE:
        return schema["default"]
    for keyword in ("enum", "examples"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            return of.choice(schema[keyword])
    if place.members:
        sent = {n: p for n, p in place.members.items() if p.required or of.random() < SHARE}
        return {n: sample(p, of, most // len(sent)) for n, p in sent.items()}
    if place.kind == "boolean":
        return of.random() < 0.5
    if place.kind in ("integer", "number"):
        return _number(schema, place.kind == "integer", of)
    if place.kind == "string":
        return _text(schema, of)
    if place.item is not None:
        number = min(_count(schema, of), max(1, most // sum(1 for _ in place.item.places())))
        return [sample(place.item, of, most // number) for _ in range(number)]
    return _untyped(schema, of)


def misfits(place: Place, event: Any) -> Iterator[Any]:
    """Yield events that most schemas refuse, each by one fault put into one that they accept."""
    for name, member in place.members.items() if isinstance(event, dict) else ():
        if member.required:
            yield {key: value for key, value in event.items() if key != name}
        for kind, value in OF_TYPES.items():
            if kind != member.kind:
                yield {**event, name: value}
    yield "no object"


def _number(schema: dict[str, Any], whole: bool, of: random.Random) -> int | float:
    named = _real(schema, "multipleOf") or _real(schema, "divisibleBy") or 0
    step = abs(named) if abs(named) >= FINEST else 1 if whole else of.choice(STEPS)
    least, most = _bound(schema, "inimum", step), _bound(schema, "aximum", -step)
    if least is None:
        least = 0 if most is None or most >= 0 else most - MOST * step
    if most is None:
        most = least + MOST * step
    first, last = math.ceil(least / step), math.floor(most / step)
    number = of.randint(first, max(first, last)) * step
    return int(number) if whole else round(number, 9)


def _real(schema: dict[str, Any], name: str) -> int | float | None:
    """Return a number that a schema has under a name, None where it has none there."""
    value = schema.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Comparisons with NaN are false.
    return value if abs(value) <= LARGEST else None


def _bound(schema: dict[str, Any], name: str, step: float) -> int | float | None:
    """Return the bound that `minimum` (or `maximum`) sets, inclusive; None where there is none."""
    bound, exclusive = _real(schema, f"m{name}"), _real(schema, f"exclusiveM{name}")
    # It is a number of its own in drafts from 6 on, before that a flag of the bound.
    if exclusive is not None:
        return exclusive + step
    return bound + step if bound is not None and schema.get(f"exclusiveM{name}") is True else bound


def _whole(schema: dict[str, Any], name: str, most: int) -> int | None:
    """Return a length that a schema has under a name, at most so many; None where it has none."""
    value = schema.get(name)
    return min(value, most) if type(value) is int and value >= 0 else None


def _text(schema: dict[str, Any], of: random.Random) -> str:
    if "pattern" in schema:
        return of.choice(FOR_PATTERNS)
    text = OF_FORMATS.get(str(schema.get("format"))) or of.choice(WORDS)
    least = _whole(schema, "minLength", LONGEST_TEXT) or 0
    return text.ljust(least, "x")[: _whole(schema, "maxLength", LONGEST_TEXT)]


def _count(schema: dict[str, Any], of: random.Random) -> int:
    least = _whole(schema, "minItems", LONGEST_LIST) or 0
    most = _whole(schema, "maxItems", LONGEST_LIST)
    return of.randint(least, max(least, MOST_ITEMS if most is None else min(MOST_ITEMS, most)))


def _untyped(schema: dict[str, Any], of: random.Random) -> Any:
    kinds = schema.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    kind = of.choice([kind for kind in kinds if isinstance(kind, str)] or ["string"])
    if kind == "array":
        return ["text"] * (_whole(schema, "minItems", LONGEST_LIST) or 0)
    return None if kind == "null" else OF_TYPES.get(kind, "text")
