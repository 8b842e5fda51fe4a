"""What schemas say of themselves, on one line."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.descriptions import described, description


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"description": "Saves", "title": "Edit"}, "Saves"),
        ({"title": "Edit"}, "Edit"),
        ({"description": 5}, ""),
        ({}, ""),
    ],
)
def test_a_schema_is_described_by_its_description_or_its_title(
    schema: dict[str, Any], says: str
) -> None:
    assert described(schema) == says


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"description": "Time to save", "unit": "ms"}, "Time to save (ms)"),
        ({"description": "Time in ms", "units": "ms"}, "Time in ms"),
        ({"unit": "ms"}, "ms"),
        ({"description": None, "unit": 7}, ""),
    ],
)
def test_a_field_s_unit_is_said(schema: dict[str, Any], says: str) -> None:
    assert description(schema) == says


def test_it_is_one_line_whatever_ends_a_line() -> None:
    text = " a\r\nb\tc\u2028d\x85e\0f\u202eg\x1b[31mh "
    assert description({"description": text}) == "a b c d e f g [31mh"
