"""Regular expressions of schemas: jsonschema-rs runs them all, in linear time or a bound of steps.

Python's own engine takes for ever on some (`^(a+)+$`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from elfaust.references import Keys, json_path, parts_of
from elfaust.steps import TooManySteps, spend

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


@cache
def backtracks(pattern: str) -> bool:
    """Tell whether no engine but one that backtracks runs a pattern: it has lookaround, say."""
    try:
        _matcher(pattern)
    except ValueError:
        return False
    try:
        jsonschema_rs.Draft4Validator(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:
        return True
    return False


@cache
def _matcher(pattern: str) -> Any:
    try:
        return jsonschema_rs.Draft4Validator({"pattern": pattern}, pattern_options=OPTIONS)
    except ValueError:
        raise ValueError(f"{pattern!r} is no pattern") from None


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
