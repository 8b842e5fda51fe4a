"""Values of an answer are what JSON has, whichever engine gave them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from elfaust.query.hive import _parsed
from elfaust.query.refused import Failed
from elfaust.query.values import MOST_LEVELS, as_json, as_text, lowered, plain


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, None),
        (True, True),
        (-(2**63), -(2**63)),
        (2**64 - 1, 2**64 - 1),
        (2**64, str(2**64)),
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Decimal("1.50"), 1.5),
        (Decimal("3.00"), 3),
        (Decimal("NaN"), "NaN"),
        (Decimal("-0.10"), -0.1),
        (Decimal("12345678901234567890.5"), "12345678901234567890.5"),
        (Decimal("-0.12345678901234567890123450"), "-0.1234567890123456789012345"),
        (Decimal("0.00000000001234567890123456789"), "0.00000000001234567890123456789"),
        (Decimal(2**70), str(2**70)),
        ("half \ud800 é", "half \\ud800 é"),
        (
            {True: 1, 2: 3, date(2026, 3, 8): {(1, "a"): 5}},
            {"true": 1, "2": 3, "2026-03-08": {'[1,"a"]': 5}},
        ),
        (datetime(2026, 3, 8, 2, 30), "2026-03-08 02:30:00"),
        (datetime(1969, 1, 1, 0, 0, 0, 120_000), "1969-01-01 00:00:00.12"),
        (datetime(2026, 3, 8, 2, 30, tzinfo=UTC), "2026-03-08 02:30:00+0000"),
        (date(2026, 3, 8), "2026-03-08"),
        (timedelta(days=1), "1 day, 0:00:00"),
        (b"ab", "ab"),
        (b"\xff\x00", "ff00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"A": [Decimal(1), None, {"b": float("inf")}]}, {"A": [1, None, {"b": "Infinity"}]}),
        ((1, "x"), [1, "x"]),
    ],
)
def test_each_has_one_form(value: Any, wanted: Any) -> None:
    assert plain(value) == wanted
    assert json.loads(as_json(plain(value))) == wanted


def test_keys_of_structs_are_in_lower_case_at_each_depth() -> None:
    assert lowered([{"fooBar": {"X": "Y"}}]) == [{"foobar": {"x": "Y"}}]


def test_a_text_is_itself_and_all_else_json() -> None:
    assert [as_text(of) for of in ('a "b"', 1, True, ["é", None])] == [
        *('a "b"', "1", "true", '["é",null]')
    ]


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def test_what_is_nested_as_deep_as_it_may_be_can_be_written() -> None:
    value = plain(nested(MOST_LEVELS))
    assert json.loads(as_json({"row": lowered(value)})) == {"row": value}


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 900])
def test_what_is_nested_deeper_fails_in_all_outputs_alike(levels: int) -> None:
    with pytest.raises(Failed, match="nested deeper"):
        plain(nested(levels))


def test_digits_of_hive_s_json_are_kept() -> None:
    text = '{"a": 0.12345678901234567890, "b": 1.0E20, "c": 1.5, "d": "x", "e": 5.0E-324}'
    assert _parsed(text) == {
        **{"a": "0.1234567890123456789", "b": 1e20, "c": 1.5, "d": "x", "e": 5e-324}
    }
    with pytest.raises(Failed, match="nested"):
        _parsed("[" * 100_000 + "]" * 100_000)
