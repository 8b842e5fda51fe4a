"""JSON that is shortened to fit a column is JSON still."""

from __future__ import annotations

from time import process_time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.sinks.mysql.short_json import short_json

TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | TEXT
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=30,
)


def is_part(short: Any, whole: Any) -> bool:
    """Tell whether a value is another with strings cut and members left out."""
    if isinstance(whole, str):
        return isinstance(short, str) and whole.startswith(short)
    if isinstance(whole, dict):
        return isinstance(short, dict) and all(is_part(short[k], whole[k]) for k in short)
    if isinstance(whole, list):
        return isinstance(short, list) and all(map(is_part, short, whole))
    return bool(short == whole)


@given(st.dictionaries(TEXT, JSON) | st.lists(JSON) | TEXT, st.integers(2, 200))
def test_any_value_fits_and_is_part_of_what_it_was(value: Any, limit: int) -> None:
    text = short_json(value, limit)
    assert len(text) <= limit
    whole = orjson.loads(orjson.dumps(value))
    assert is_part(orjson.loads(text), whole)
    if len(orjson.dumps(value).decode()) <= limit:
        assert orjson.loads(text) == whole


def test_the_longest_strings_are_cut_first() -> None:
    agent = {"browser_family": "Firefox", "device_family": "x" * 2000, "os_family": "y" * 3000}
    short = orjson.loads(short_json(agent, 1024))
    assert short["browser_family"] == "Firefox"
    assert set(short) == set(agent)
    assert len(short["device_family"]) == len(short["os_family"]) > 400


def test_keys_go_where_no_cut_is_enough() -> None:
    many = {f"key{n:04}": "x" for n in range(1000)}
    assert list(orjson.loads(short_json(many, 50))) == ["key0000", "key0001", "key0002"]
    assert orjson.loads(short_json({"k" * 90: 1, "a": 2}, 50)) == {"a": 2}


@pytest.mark.parametrize("char", ['"', "\\", "\n", "\U0001f600", "\x7f"])
def test_no_character_is_cut_in_half(char: str) -> None:
    for limit in range(10, 40):
        assert set(orjson.loads(short_json({"a": char * 50}, limit))["a"]) <= {char}


def test_what_is_nested_too_deep_to_be_written_is_refused() -> None:
    value: Any = {}
    for _ in range(900):
        value = {"a": value}
    with pytest.raises(ValueError, match="nested deeper than 254 levels"):
        short_json(value, 1024)


@pytest.mark.parametrize(
    "value",
    [
        {str(n): "x" for n in range(100_000)},
        [[[]]] * 300_000,
        {"k" * 2000 + str(n): n for n in range(500)},
        {"a": {"b": ["x" * 900_000, *range(10_000)]}},
    ],
    ids=["keys", "lists", "long keys", "long string"],
)
def test_a_large_value_takes_no_time(value: Any) -> None:
    began = process_time()
    assert len(short_json(value, 1024)) <= 1024
    assert process_time() - began < 1
