"""Numbers are written as they were sent, and what is nested too deep is refused alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.intake.as_sent import dumps, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda of: st.lists(of) | st.dictionaries(st.text(), of),
    max_leaves=5,
)


@settings(max_examples=20)
@given(JSON)
def test_what_is_written_is_what_was_read(value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"))
    assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    "sent", ["1e999", "-1E+400", "9" * 5_000, "-" + "9" * 400, "1" * 300 + "e99"]
)
def test_a_number_beyond_python_s_stays(sent: str) -> None:
    text = f'{{"a":[{sent},1.5,2],"b":"{sent}"}}'
    assert dumps(loads(text)) == text


def test_what_is_nested_without_end_is_refused_alone() -> None:
    deep = f'{{"a":{"[" * 5_000}"]{{"{"]" * 5_000},"b":1}}'
    one, other, last = loads(f'[{{"c":"]"}},{deep},{{"d":[]}}]')
    assert (dumps(one), dumps(last)) == ('{"c":"]"}', '{"d":[]}')
    with pytest.raises(RecursionError):
        dumps(other)
    with pytest.raises(ValueError, match="Expecting"):
        loads("[" * 5_000)
