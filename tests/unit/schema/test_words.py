"""Words that need quotes in Hive."""

from __future__ import annotations

import pytest

from elfaust.schema.words import RESERVED, needs_quotes


@pytest.mark.parametrize("name", ["end", "INT", "map", "local", "_x", "1e5", "9L", "10k", "42"])
def test_names_that_need_quotes(name: str) -> None:
    assert needs_quotes(name)


@pytest.mark.parametrize("name", ["action", "year", "9lives", "a_", "month"])
def test_names_that_need_none(name: str) -> None:
    assert not needs_quotes(name)


def test_all_words_of_the_grammar() -> None:
    assert len(RESERVED) == 150
