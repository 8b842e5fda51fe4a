"""A capsule without the fields of its line is not judged where all of it takes too many steps."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.errors import EventFault
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.validator import Undecided

TEXT = {"type": "string"}
#: An item takes 21 steps of 20,000, another property one.
SCHEMA = {
    "properties": {
        "z": TEXT,
        "l": {"type": "array", "items": {"extends": [TEXT] * 20}},
        **{f"p{number}": TEXT for number in range(21)},
    }
}
FIELDS = {"recvFrom": "cp1", "seqId": 1, "dt": "d", "ip": "i", "userAgent": "u", "uuid": "u"}
WHOLE = CapsuleValidator(SCHEMA, LATEST)
FEWER = WHOLE.without(FIELDS)


def told(items: int, others: int) -> tuple[str, str]:
    """Return the message on an event with one fault, by all of its capsule and without fields."""
    event = {"z": 1, "l": ["a"] * items, **{f"p{number}": "a" for number in range(others)}}
    given: dict[str, Any] = {"schema": "A", "revision": 1, "wiki": "w", "event": event}
    with pytest.raises(EventFault) as refused:
        WHOLE.validate({**FIELDS, **given})
    try:
        fault = FEWER.fault(given)
    except Undecided:
        return refused.value.message, ""
    assert fault is not None
    return refused.value.message, fault.message


def test_both_say_the_same_or_one_says_nothing_around_the_most_steps() -> None:
    seen = [told(900, 0), told(960, 0), *(told(950, others) for others in range(0, 21, 3))]
    assert {fewer for whole, fewer in seen if fewer != whole} == {""}
    assert any("there may be worse" in whole for whole, _ in seen)
    assert any("there may be worse" not in whole for whole, _ in seen)
    assert any(fewer for _, fewer in seen)
