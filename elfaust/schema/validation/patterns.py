"""Regular expressions of schemas: jsonschema-rs runs them all, in linear time or a bound of steps.

Python's own engine never ends on some (`^(a+)+$`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from elfaust.schema.validation.references import Keys, json_path, parts_of
from elfaust.schema.validation.steps import TooManySteps, spend

#: Steps back that a pattern with lookaround or backreferences may take on one text.
MAX_BACKTRACKS = 100_000
OPTIONS = jsonschema_rs.FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS)


def search(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text.

    Raises ValueError for a pattern that is none, TooManySteps past `MAX_BACKTRACKS`.
    """
    spend(1)
    # Half of a surrogate pair is no text for jsonschema-rs.
    text = text.encode("utf-8", "replace").decode()
    matcher = _matcher(pattern)
    if matcher.is_valid(text):
        return True
    if backtracks(pattern):
        [error] = matcher.iter_errors(text)
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded):
            steps = f"more than {MAX_BACKTRACKS:,} steps for the pattern {pattern!r}"
            raise TooManySteps(steps)
    return False


#: What Python writes in another way than ECMA-262, and what must not be looked into for it.
_OF_PYTHON = re.compile(
    r"\\[^AZ]|(?P<named>\(\?P<)|(?P<start>\\A)|(?P<end>\\Z)|\{\d+(?:,\d*)?\}|\{,(?P<most>\d+)\}"
    r"|\[(?P<within>\^?\]?(?:\\.|[^\]\\])*)\]|(?P<brace>[{}\]])",
    re.DOTALL,
)
_FLAGS = re.compile(r"\A\(\?([ims]+)\)(.*)\Z", re.DOTALL)


@cache
def of_python(pattern: str) -> str:
    """Return a pattern that only Python reads (`^{a}`, `a\\Z`) as jsonschema-rs does, if it can.

    EventLogging ran the patterns of its schemas by Python's engine.
    """
    try:
        _compiled(pattern)
    except ValueError:
        try:
            re.compile(pattern)
            return _FLAGS.sub(r"(?\1:\2)", _OF_PYTHON.sub(_ecma, pattern))
        except (re.error, RecursionError, OverflowError):
            return pattern
    return pattern


def _ecma(found: re.Match[str]) -> str:
    text = found[0]
    match found.lastgroup:
        case "named":
            return "(?<"
        case "start":
            return "^"
        case "end":
            return "$"
        case "most":
            return f"{{0,{found['most']}}}"
        case "within":
            return re.sub(r"\A(\[\^?)\]", r"\1\\]", text)
        case "brace":
            return f"\\{text}"
    return text


@cache
def backtracks(pattern: str) -> bool:
    """Tell whether no engine but one that backtracks runs a pattern: it has lookaround, say."""
    try:
        _matcher(pattern)
    except ValueError:
        return False
    try:
        jsonschema_rs.Draft4Validator(
            {"pattern": of_python(pattern)}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:
        return True
    return False


@cache
def _matcher(pattern: str) -> Any:
    try:
        return _compiled(of_python(pattern))
    except ValueError:
        raise ValueError(f"{pattern!r} is not a valid pattern") from None


def _compiled(pattern: str) -> Any:
    return jsonschema_rs.Draft4Validator({"pattern": pattern}, pattern_options=OPTIONS)


def check(schema: Any) -> None:
    """Raise ValueError, saying where, for a schema that has a pattern which is none.

    Those of `patternProperties` are also searched for as one, by what they leave to others.
    """
    joined: dict[str, list[str]] = {}
    for path, pattern in patterns_of(schema):
        joined.setdefault(path, []).append(pattern)
    for path, patterns in joined.items():
        for pattern in dict.fromkeys([*patterns, "|".join(patterns)]):
            try:
                _matcher(pattern)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None


def patterns_of(schema: Any, keys: Keys = ()) -> Iterator[tuple[str, str]]:
    """Yield the patterns of a schema that has passed `references.check`, with their JSON paths."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield json_path((*keys, "pattern")), schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            path = json_path((*keys, "patternProperties"))
            yield from ((path, pattern) for pattern in schema["patternProperties"])
    for inner, of in parts_of(schema):
        yield from patterns_of(of, (*keys, *inner))
