"""Keys without a column are counted once a row is stored."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from elfaust.records import SchemaKey
from elfaust.sinks.mysql.unnamed import counted, tell_unnamed


def test_the_keys_of_the_rows_since_the_last_call_are_counted() -> None:
    key, maker = SchemaKey("Unnamed", 7), SimpleNamespace(unnamed=3)
    given: Any = maker
    tell_unnamed(key, given)
    tell_unnamed(key, given)
    assert (counted()["Unnamed_7"], maker.unnamed) == (3, 0)
    maker.unnamed = 2
    tell_unnamed(key, given)
    assert counted()["Unnamed_7"] == 5
