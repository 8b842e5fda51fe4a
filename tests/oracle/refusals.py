"""What the judge must refuse of an event that has passed its schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.oracle.places import Place, leaves, root_of
from tests.oracle.stores import value_at
from tests.oracle.values import MISSING, digits, double, float32, is_moment, written

#: Characters of a string's column, by dialect.
LENGTHS = {"2018": 1_024, "2015": 191}
#: Bytes of MySQL's rows and of its TEXT.
MAX_ROW = MAX_TEXT = 65_535
BYTES = {"integer": 8, "number": 4, "boolean": 1}
#: Of the capsule's columns: uuid, dt or timestamp (an index on each), id, and texts.
CAPSULE_COLUMNS = {
    "2018": (4 * 32 + 2, 8, 4 * 14 + 2, 4, *[4 * 1_024 + 2] * 3),
    "2015": (4 * 32 + 2, 4 * 14 + 2, *[4 * 191 + 2] * 4),
}


class Rules(NamedTuple):
    """What an event is held to: the dialect, the stores, and MySQL's type of numbers."""

    year: str = "2018"
    stores: frozenset[str] = frozenset(["mysql", "hdfs"])
    number: str = "FLOAT"

    @property
    def float(self) -> bool:
        """Whether numbers are FLOATs somewhere."""
        return "mysql" in self.stores and self.number == "FLOAT"


USUAL = Rules()


class Refusal(NamedTuple):
    """A value that must be refused: the path of its place and its own, and why."""

    place: str
    path: str
    why: str

    def is_at(self, path: str) -> bool:
        """Return whether a path says where this is: the value, or a part around it in its place."""
        return path.startswith(self.place) and self.path.startswith(path)


def refusals(schema: dict[str, Any], event: Any, rules: Rules = USUAL) -> list[Refusal]:
    """Return all for which an event must be refused; none: the judge must take it."""
    root = root_of(schema)
    found = [*_numbers(root, event, "$.event", rules, flat=True)]
    if "mysql" in rules.stores:
        found += _texts(root, event, rules)
    return found


def _numbers(place: Place, value: Any, path: str, rules: Rules, flat: bool) -> Iterator[Refusal]:
    """Yield numbers that no store holds; `flat`: MySQL has a column of the place or its members."""
    if place.kind in ("untyped", "mixed"):
        yield from _past_64_bits(value, path, path)
    if isinstance(value, dict) and place.members:
        for key, of in value.items():
            inner = path + step(key)
            if member := place.members.get(key):
                yield from _numbers(member, of, inner, rules, flat and _is_typed(key, member))
            else:
                yield from _past_64_bits(of, inner, inner)
    elif place.kind == "list" and place.items:
        for n, item in enumerate(value or ()):
            yield from _numbers(place.items, item, f"{path}[{n}]", rules, flat=False)
    elif place.kind == "integer" and value is not None:
        # As a float, -2^63 is also what readers make of smaller integers.
        least = -(2**63) + (type(value) is float)
        if not least <= value < 2**63:
            yield Refusal(path, path, "an integer past 64 bits")
    elif place.kind == "number" and value is not None:
        try:
            (float32 if flat and rules.float else double)(value)
        except OverflowError:
            yield Refusal(path, path, "a number past its range")


def _is_typed(key: str, member: Place) -> bool:
    """Return whether a member's column is of its type: a timestamp's is not."""
    return key != "timestamp" or bool(member.members)


def step(key: str) -> str:
    """Return a key as a JSON path has it."""
    return f".{key}" if key.isidentifier() else f"[{key!r}]"


def _past_64_bits(value: Any, place: str, path: str) -> Iterator[Refusal]:
    if type(value) is int and not -(2**63) <= value < 2**64:
        yield Refusal(place, path, "an integer that nobody reads exactly")
    elif isinstance(value, dict):
        for key, of in value.items():
            yield from _past_64_bits(of, place, path + step(key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _past_64_bits(item, place, f"{path}[{n}]")


def _texts(root: Place, event: Any, rules: Rules) -> Iterator[Refusal]:
    """Yield what is longer than its column, and timestamps without 14 digits."""
    length = text_length(root, rules)
    for leaf in leaves(root):
        value = value_at(event, leaf.keys)
        path = "$.event" + "".join(map(step, leaf.keys))
        if value is None or value is MISSING:
            if value is None and leaf.required and rules.year == "2015":
                yield Refusal(path, path, "null where the column is NOT NULL")
        elif leaf.keys[-1] == "timestamp":
            if not _is_timestamp(value):
                yield Refusal(path, path, "no 14 digits")
        elif leaf.place.kind not in BYTES and _is_longer(written(_read(value)), length):
            yield Refusal(path, path, "longer than its column")


def _read(value: Any) -> Any:
    """Return JSON as its readers have it: integers past 64 bits are the nearest doubles."""
    if isinstance(value, dict):
        return {key: _read(of) for key, of in value.items()}
    if isinstance(value, list):
        return list(map(_read, value))
    return value if type(value) is not int or -(2**63) <= value < 2**64 else float(value)


def _is_timestamp(value: Any) -> bool:
    try:
        return len(digits(value) if is_moment(value) else written(value)) <= 14
    except ValueError:
        return False


def _is_longer(text: str, length: int | None) -> bool:
    return len(text) > length if length else len(text.encode("utf-8", "replace")) > MAX_TEXT


def text_length(root: Place, rules: Rules) -> int | None:
    """Return how many characters a string's column has, None where it is a TEXT.

    It is one where the row would be too long: 4 bytes a character, 2 for its length, 1 for NULL.
    """
    length = LENGTHS[rules.year]
    sizes = [*CAPSULE_COLUMNS[rules.year]]
    for leaf in leaves(root):
        if leaf.keys[-1] == "timestamp":
            sizes.append(4 * 14 + 2)
        elif leaf.place.kind == "number" and rules.number == "DOUBLE":
            sizes.append(8)
        else:
            sizes.append(BYTES.get(leaf.place.kind, 4 * length + 2))
    return length if sum(size + 1 for size in sizes) <= MAX_ROW else None
