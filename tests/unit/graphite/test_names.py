from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.graphite import names
from elfaust.graphite.series import points
from elfaust.records import SchemaKey

TEXTS = st.one_of(st.text(st.characters(codec="utf-8")), st.text("_xX4EFg- .é", max_size=12))


@given(TEXTS)
def test_a_word_is_of_characters_that_nobody_changes_and_is_read_back(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", names.word(text))
    assert names.text_of(names.word(text)) == text


@pytest.mark.parametrize("text", ["NavigationTiming", "Foo_Bar", "Foo-Bar", "Foo_xyz", "_x"])
def test_what_needs_no_change_keeps_its_name(text: str) -> None:
    assert names.word(text) == text


def test_no_name_is_the_beginning_of_another_up_to_a_dot() -> None:
    keys = [SchemaKey("Edit", 1), SchemaKey("Edit", 11), SchemaKey("1", 1), UNKNOWN_KEY]
    keys += [SchemaKey(name, 2) for name in ("overall", "valid", "errors", "a.b", "Edit_1")]
    counts = {(key, code): (1, 0) for key in keys for code in ("", "consumer", "a.b", "valid")}
    found = list(points(counts))
    found += [names.of_topic("mysql", topic, "lag_events") for topic in ("a.b", "a")]
    found += [names.acknowledged("mysql"), names.of_topic("mysql", "a", "acknowledged_total")]
    assert len(set(found)) == len(found)
    for name in found:
        assert not any(other.startswith(f"{name}.") for other in found)
