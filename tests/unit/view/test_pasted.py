"""What people paste: how much of it is judged."""

from __future__ import annotations

import pytest

from elfaust.view.pasted import Unclear, pasted


def test_a_query_alone_is_a_beacon() -> None:
    assert [item.event for item in pasted('?{"a":1};\n\n[{"b":2}]')] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(("text", "says"), [("  \n", "Paste"), ("[" + "1," * 1000 + "1]", "1,000")])
def test_what_cannot_be_judged_is_told(text: str, says: str) -> None:
    with pytest.raises(Unclear, match=says):
        pasted(text)
