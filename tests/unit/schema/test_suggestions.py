"""Names that are near to the one that was given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import SchemaKey
from elfaust.schema.suggestions import nearest_name, suggest_schema

KNOWN = [SchemaKey("Edit", revision) for revision in range(11, 18)] + [SchemaKey("Word", 1)]


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("actoin", ["action", "other"], "action"),
        ("webhost", ["webHost"], "webHost"),
        ("zzz", ["action"], ""),
        (5, ["action"], ""),
        ("a" * 101, ["a" * 100], ""),
        ("action", [], ""),
    ],
)
def test_the_nearest_name(name: object, names: list[str], found: str) -> None:
    assert nearest_name(name, names) == found


@given(st.text(), st.lists(st.text()))
def test_what_is_near_is_another_of_the_names(name: str, names: list[str]) -> None:
    found = nearest_name(name, names)
    assert not found or (found in names and found != name)


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        (SchemaKey("edit", 17), "Did you mean Edit?"),
        (SchemaKey("Word", 1), ""),
        (SchemaKey("Word", 7), "Did you mean Word 1? Its known revisions are 1."),
        (
            SchemaKey("Edit", 71),
            "Did you mean Edit 17? Its newest revisions are 13, 14, 15, 16, 17.",
        ),
        (SchemaKey("Zzz", 1), ""),
    ],
)
def test_what_schema_is_meant(key: SchemaKey, asked: str) -> None:
    assert suggest_schema(key, KNOWN) == asked
