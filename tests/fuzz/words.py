"""Names, texts and numbers that go wrong somewhere, for schemas and events alike."""

from __future__ import annotations

import random
from typing import Any

#: Names of properties, the harmless ones first.
PLAIN: list[str] = [
    *"abcde",
    "action",
    "pageId",
    "isAnon",
    "count",
    "ratio",
    "items",
    "nested",
    "token",
    "timestamp",
    "default",
    "enum",
    "const",
]
HOSTILE: list[str] = [
    "", " ", "a ", " a", "A", "Action", "ACTION", "\U0001f600", "\u00e9", "e\u0301", "a\0b", "\0",
    "a\nb", "a\tb", "timestamp", "dt", "id", "ID", "uuid", "event", "schema", "default", "enum",
    "const", "examples", "$ref", "type", "properties", "required", "items", "definitions", "select",
    "table", "values", "VALUES (", "group", "a`b", "``", "a'b", 'a"b', "%", "%s", "%(a)s", "a%b",
    "`%s`) VALUES (%s", "__proto__", "constructor", "a.b", "a/b", "a~b", "~0", "~1", "a_b", "a-b",
    "[]", "[0]", "$", "$.event", "n" * 58, "n" * 59, "n" * 80, "\u00fc" * 40, "\u0130", "\u017f",
    "\u2028", "\ufeff", "\uffff", "\U0010ffff", "event_a", "userAgent", "useragent", "0", "-1",
    "1e5", "null", "true", "\\", "a\\b", "{", "{0}", "${a}",
]  # fmt: skip
#: Integers at the edges of what somebody can hold.
INTEGERS = [
    0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**64 + 1,
    -(2**63), -(2**63) - 1, 10**12, 10**12 + 1, 253_402_300_799, 253_402_300_800, 10**18, 10**19,
    10**25, 10**39, 10**307, 10**308, 10**400, -(10**400), 16_000_000, 1_600_000_000,
    1_600_000_000_000,
]  # fmt: skip
FLOATS = [
    -0.0, 0.5, 1.0, 1.5, 1e16, 1e19, 9.3e18, 1e22, 1e38, 3.4e38, 3.5e38, 1e39, 1e300, 1.7e308,
    5e-324, 1e-45, 1e-39, -1e39, 2.0**63, 2.0**64, 1.6e9, 1.6e12, 0.1 + 0.2,
]  # fmt: skip
TIMES = [
    "2020-09-13T12:26:40", "2020-09-13T12:26:40Z", "2020-09-13T12:26:40.123Z",
    "1970-01-01T00:00:00", "2020-09-13 12:26:40", "2020-09-13", "20200913T122640", "20200913122640",
    "2020-W01-1", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2020-01-01T12:99:99",
    "2020-12-31T23:59:60Z", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T25:00:00",
    "2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00+23:59", "2020-01-01T00:00:00-00:00",
    "2020-01-01T00:00:00+00:00:30", "2020-01-01T00:00:00,5Z", "\u0662020-01-01T00:00:00Z",
    "2020-01-01T00:00:00z", "2020-01-01t00:00:00Z", "2020-01-01T00:00:00ZZ", "1000-01-01T00:00:00Z",
    "0999-12-31T23:59:59Z", "2020-01-01T00:00:00.0000000001Z", " 2020-01-01T00:00:00Z", "now", "",
]  # fmt: skip
TEXTS = [
    "", " ", "a", "a ", "1", "true", "null", "\0", "a\0b", "\u00e9", "\U0001f600", "\u2028",
    "\ufeff", "\U0010ffff", "\uffff", "a\tb", "a\nb", "\r\n", "'", '"', "\\", "`", "%", "%s", "%%",
    "+", "?", ";", "{}", "[]", "{", "NaN", "\u0661\u0662", "x" * 14, "x" * 15, "x" * 191, "x" * 192,
    "\u00e9" * 1024, "x" * 1025, "x" * 3_000, "\U0001f600" * 300, "a" * 30 + "!", *TIMES[:6],
]  # fmt: skip
PATTERNS = [
    "^a", "^[a-z]+$", "", ".*", "^(a+)+$", "*abc", "(", "[", "(?<n>a)\\k<n>", "(?=a)", "\\d",
    "\\p{L}", "\\u0041", "\\Z", "^(a|aa)+$", "a{1000000}", "(?i)a", "\0", "^x-", "(?P<a>b)", "\\",
]  # fmt: skip


def often(of: random.Random, chance: float) -> bool:
    """Return true or false by chance."""
    return of.random() < chance


def name(of: random.Random, hostile: float) -> str:
    """Return the name of a property, a hostile one by chance."""
    return of.choice(HOSTILE if often(of, hostile) else PLAIN)


def long_text(of: random.Random) -> str:
    """Return a text of up to 100 kB."""
    sign = of.choice(["x", "\u00e9", "\U0001f600", "a b", "\\", '"'])
    return sign * of.choice([100, 1_024, 8_192, 20_000, 25_000])


def border_text(of: random.Random) -> str:
    """Return a text about as long as a column, in either dialect."""
    sign = of.choice(["x", "\u00e9", "\U0001f600", '"', "\n"])
    return sign * of.choice([14, 15, 190, 191, 192, 510, 1_020, 1_023, 1_024, 1_025, 3_000])


def scalar(of: random.Random) -> Any:
    """Return a value without parts, one at an edge as often as not."""
    kinds: list[list[Any]] = [
        [None, True, False],
        INTEGERS,
        FLOATS,
        TEXTS,
        TIMES,
        [*range(50)],
        PLAIN,
    ]
    return of.choice(of.choice(kinds))


def anything(of: random.Random, depth: int = 3) -> Any:
    """Return any JSON value."""
    if depth and often(of, 0.3):
        if often(of, 0.5):
            return [anything(of, depth - 1) for _ in range(of.randrange(4))]
        return {name(of, 0.3): anything(of, depth - 1) for _ in range(of.randrange(4))}
    return scalar(of)


def deep(of: random.Random) -> Any:
    """Return a value nested about as deeply as is allowed, or far deeper."""
    value: Any = scalar(of)
    for _ in range(of.choice([5, 36, 38, 39, 40, 41, 60, 200])):
        value = [value] if often(of, 0.5) else {of.choice("ab"): value}
    return value
