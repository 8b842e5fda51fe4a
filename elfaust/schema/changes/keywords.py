"""JSON Schema's keywords in all drafts: which draft has them, and what changing one does.

A change refuses more than before, no more, or is such that only a person can tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

DRAFTS = ("03", "04", "06", "07", "2019-09", "2020-12")
#: The first draft that has a keyword, where that is not 03, and the last, where it is not 2020-12.
SINCE = {
    "04": "allOf anyOf oneOf not multipleOf minProperties maxProperties",
    "06": "const contains propertyNames",
    "07": "if then else",
    "2019-09": (
        "dependentRequired dependentSchemas minContains maxContains unevaluatedItems"
        " unevaluatedProperties $anchor $recursiveAnchor $recursiveRef $defs"
    ),
    "2020-12": "prefixItems $dynamicAnchor $dynamicRef",
}
UNTIL = {
    "03": "extends disallow divisibleBy",
    "07": "dependencies",
    "2019-09": "additionalItems $recursiveAnchor $recursiveRef",
}
#: What refuses no event, changed or not. `format` and contents are not checked.
ANNOTATIONS = frozenset(
    """
    title description default examples format $comment readOnly writeOnly deprecated
    contentEncoding contentMediaType contentSchema id $id $schema $anchor $vocabulary
    definitions $defs
    """.split()  # noqa: SIM905
)
#: Keywords that refuse more when their number grows (1) or shrinks (-1).
LIMITS = {
    "minimum": 1,
    "minLength": 1,
    "minItems": 1,
    "minProperties": 1,
    "exclusiveMinimum": 1,
    "maximum": -1,
    "maxLength": -1,
    "maxItems": -1,
    "maxProperties": -1,
    "maxContains": -1,
    "exclusiveMaximum": -1,
}
#: Keywords that hold a schema or a list of them; draft 3's types may be schemas.
OF_SCHEMAS = frozenset(
    """
    additionalProperties items prefixItems additionalItems contains propertyNames not allOf anyOf
    oneOf if then else extends disallow type unevaluatedItems unevaluatedProperties
    """.split()  # noqa: SIM905
)
#: Keywords without which a schema allows no less than with them.
REFUSING = frozenset(
    """
    allOf anyOf oneOf not extends disallow if then else contains minContains propertyNames
    dependencies dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties
    """.split()  # noqa: SIM905
)


class Absent:
    """In the place of the value of a keyword that is not there."""

    def __repr__(self) -> str:
        return "none"


ABSENT = Absent()


class Effect(NamedTuple):
    """What changing a keyword does; `breaking` is None where only a person can tell."""

    message: str
    breaking: bool | None


def knows(draft: str, keyword: str) -> bool:
    """Tell whether a draft knows a keyword of another draft."""
    at = DRAFTS.index(draft)
    since = any(DRAFTS.index(first) > at and keyword in of.split() for first, of in SINCE.items())
    until = any(DRAFTS.index(last) < at and keyword in of.split() for last, of in UNTIL.items())
    return not since and not until


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON: 1 is 1.0 and not true."""
    if isinstance(one, Absent) or isinstance(other, Absent):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isinstance(one, bool) == isinstance(other, bool) and one == other
    return one is other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def effect(keyword: str, was: Any, now: Any) -> Effect | None:
    """Return what it does that a keyword's value is another now, None where nobody would ask.

    A value may be `ABSENT`. Of keywords that hold schemas only whether they are the same counts.
    """
    if keyword in ANNOTATIONS:
        return _annotated(keyword, was, now)
    message = f"{keyword} {shown(was)}, now {shown(now)}"
    try:
        return Effect(message, _refuses_more(keyword, was, now))
    except (TypeError, ValueError, ArithmeticError):
        return Effect(message, None)


def _annotated(keyword: str, was: Any, now: Any) -> Effect | None:
    if keyword == "description":
        return Effect("described differently", breaking=False)
    if keyword in ("default", "format"):
        more = ", which is not checked" if keyword == "format" else ""
        return Effect(f"{keyword} {shown(was)}, now {shown(now)}{more}", breaking=False)
    return None


def _refuses_more(keyword: str, was: Any, now: Any) -> bool | None:
    if keyword == "minContains":
        # An array has to contain one where nothing is said.
        return _least_contained(was, now)
    if now is ABSENT and (keyword in RULES or keyword in REFUSING or keyword in LIMITS):
        return False
    if keyword in LIMITS:
        return _limit(LIMITS[keyword], was, now)
    rule = RULES.get(keyword)
    if rule is not None:
        return rule(was, now)
    # What no draft knows refuses nothing.
    return None if keyword in REFUSING or _is_of_a_draft(keyword) else False


def _is_of_a_draft(keyword: str) -> bool:
    return keyword == "$ref" or any(
        keyword in of.split() for of in (*SINCE.values(), *UNTIL.values())
    )


def _limit(sense: int, was: Any, now: Any) -> bool:
    # In drafts 03 and 04 exclusiveMinimum is a switch.
    if isinstance(now, bool) or isinstance(was, bool):
        return now is True and was is not True
    return was is ABSENT or sense * now > sense * was


def _multiple(was: Any, now: Any) -> bool:
    return was is ABSENT or was % now != 0


def _least_contained(was: Any, now: Any) -> bool:
    return bool((1 if now is ABSENT else now) > (1 if was is ABSENT else was))


def _switched_on(was: Any, now: Any) -> bool:
    return bool(now) and (was is ABSENT or not was)


def _pattern(was: Any, now: Any) -> bool:
    return True


#: Keyword: whether another value refuses more; where the keyword is gone now, none does.
RULES: dict[str, Callable[[Any, Any], bool]] = {
    "multipleOf": _multiple,
    "divisibleBy": _multiple,
    "uniqueItems": _switched_on,
    "pattern": _pattern,
}


def shown(value: Any) -> str:
    """Return a value of a keyword for a message."""
    text = repr(value) if isinstance(value, Absent) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."
