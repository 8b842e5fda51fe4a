"""Patterns are run in linear time or a bound of steps, Python's own among them."""

from __future__ import annotations

import re

import pytest

from elfaust.schema.validation.patterns import backtracks, of_python, patterns_of, search
from elfaust.schema.validation.steps import TooManySteps

TEXTS = ("", "a", "A", "aaa{", "{a}", "]", "^", "x", "}", "{}}")


@pytest.mark.parametrize(
    "pattern",
    [
        r"a\Z",
        r"\Aa",
        "^{a}$",
        "a{",
        "a{,3}",
        "[]a]",
        "[^]a]",
        r"\{a{1,}",
        "[{}]{2}}",
        "(?i)^a$",
        "]",
        "(?P<name>a)",
    ],
)
def test_what_only_python_reads_finds_the_same(pattern: str) -> None:
    assert [search(pattern, text) for text in TEXTS] == [
        bool(re.search(pattern, text)) for text in TEXTS
    ]


def test_what_both_read_stays_as_it_is() -> None:
    assert of_python(r"^[^@{]+@\w{1,3}$") == r"^[^@{]+@\w{1,3}$"


@pytest.mark.parametrize("pattern", ["*abc", "(", "[a", "\\"])
def test_what_nobody_reads_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a valid pattern"):
        search(pattern, "a")
    assert not backtracks(pattern)


def test_a_pattern_that_backtracks_ends_after_so_many_steps() -> None:
    assert backtracks(r"(a+)+\1b$")
    assert not backtracks("^(a+)+$")
    assert search(r"(a+)+\1b$", "aaaab")
    assert not search(r"(a+)+\1b$", "x")
    with pytest.raises(TooManySteps, match="more than 100,000 steps"):
        search(r"(a+)+\1b$", "a" * 3_000)


def test_half_a_surrogate_pair_is_text() -> None:
    assert search("^a.b$", "a\ud800b")


def test_patterns_are_found_with_their_paths_and_not_in_data() -> None:
    schema = {
        "properties": {
            "pattern": {"pattern": "a", "enum": [{"pattern": "x"}]},
            "default": {"patternProperties": {"b": {"items": [{"pattern": "c"}]}}},
        }
    }
    assert list(patterns_of(schema)) == [
        ("$.properties.pattern.pattern", "a"),
        ("$.properties.default.patternProperties", "b"),
        ("$.properties.default.patternProperties.b.items[0].pattern", "c"),
    ]


@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        (r"\p{Letter}cole", "\u00e9cole", "9cole"),
        (r"^\p{digit}+$", "42", "a"),
        (r"^\P{Letter}$", "1", "\u00e9"),
        (r"^\p{Script=Greek}$", "\u03b1", "a"),
        (r"^[\p{Uppercase_Letter}_]$", "\u00c9", "\u00e9"),
        (r"^(\p{Letter})\1$", "\u00e9\u00e9", "11"),
    ],
)
def test_properties_of_unicode_by_their_names(pattern: str, found: str, not_found: str) -> None:
    assert search(pattern, found)
    assert not search(pattern, not_found)
