"""A fault that comes again is told in the same words, and no other is."""

from __future__ import annotations

from typing import Any

from elfaust.schema.validation.fault_words import MOST, MOST_CHARS, FaultWords, fault_of
from elfaust.schema.validation.worst_fault import Fault, WorstFault

TEXT = {"type": "string"}
FAULTS = WorstFault(
    {
        "additionalProperties": False,
        "properties": {
            "a": TEXT,
            "b": {**TEXT, "enum": ["x"]},
            "c": {"type": "integer", "required": True},
        },
    }
)


def found(value: Any) -> Fault:
    worst = FAULTS.of(value)
    assert worst is not None
    return worst


def test_each_fault_is_told_as_if_it_were_the_first() -> None:
    words = FaultWords()
    values: list[dict[str, Any]] = [
        *({"c": 1, "a": of} for of in (1, 1.0, True, None, [1], [2], {"a": 1}, {}, 2**70)),
        *({"c": of} for of in (1.0, True, "1", "'1'")),
        *({"c": 1, "b": of} for of in ("y", "'y'", 1)),
        *({"c": 1, **of} for of in ({"d": 1}, {"d": 1, "e": 1}, {"d', 'e": 1})),
        {},
    ]
    for worst in [*map(found, values)] * 3:
        for at in ((), ("event",)):
            assert vars(words.of(worst, at)) == vars(fault_of(worst, at))


def test_a_fault_that_comes_again_is_another_object() -> None:
    words, worst = FaultWords(), found({})
    first, again = words.of(worst, ()), words.of(worst, ())
    first.schema, first.revision = "Edit", 1
    assert (again.schema, again.revision) == ("unknown", -1)


def test_few_and_short_ones_are_remembered() -> None:
    words = FaultWords()
    for number in range(2 * MOST + 1):
        words.of(found({"c": 1, "a": number}), ())
    words.of(found({"c": "x" * MOST_CHARS}), ())
    assert len(words._known) == 1
