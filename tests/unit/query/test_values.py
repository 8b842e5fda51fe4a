"""Values of an answer are what JSON has, whichever engine gave them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from elfaust.query.values import as_json, as_text, lowered, plain


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
