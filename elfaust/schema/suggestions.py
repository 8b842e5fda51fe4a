"""What somebody may have meant: names that are near to the one that was given."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError

from elfaust.records import SchemaKey
from elfaust.words.hints import missing_property

#: Names of which near ones are looked for among no more than so many others.
MAX_NAMES = 1_000
#: Properties that a schema does not name of which near names are looked for.
MAX_STRANGERS = 5
#: Revisions that are listed, the newest.
LISTED = 5


def nearest_name(name: object, names: Iterable[str]) -> str:
    """Return the name that is nearest to one that was given, "" where none is near."""
    if not isinstance(name, str) or len(name) > 100:
        return ""
    others = [other for other in dict.fromkeys(names) if other != name][:MAX_NAMES]
    lowered = {other.lower(): other for other in reversed(others)}
    found = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def suggest_schema(key: SchemaKey, known: Collection[SchemaKey]) -> str:
    """Return a question or sentence on what of the known schemas may be meant; it may be "".

    It is "" of a key that is known: then the schema is unfit, and meant.
    """
    if key in known:
        return ""
    revisions = sorted(other.revision for other in known if other.schema == key.schema)
    if not revisions:
        name = nearest_name(key.schema, [other.schema for other in known])
        return f"Did you mean {name}?" if name else ""
    listed = ", ".join(map(str, revisions[-LISTED:]))
    which = "newest" if len(revisions) > LISTED else "known"
    meant = nearest_name(str(key.revision), map(str, revisions)) or str(revisions[-1])
    return f"Did you mean {key.schema} {meant}? Its {which} revisions are {listed}."


def suggest(error: ValidationError) -> str:
    """Ask whether what was sent is another name, or value, that its schema has; it may be ""."""
    sent: Any = error.instance
    keyword, of_keyword = error.validator, error.validator_value
    if keyword == "enum" and isinstance(of_keyword, list):
        value = nearest_name(sent, [value for value in of_keyword if isinstance(value, str)])
        return f"Did you mean {value!r}?" if value else ""
    named = error.schema.get("properties") if isinstance(error.schema, dict) else None
    if not isinstance(sent, dict) or not isinstance(named, dict):
        return ""
    strangers = [name for name in sent if name not in named]
    missing = missing_property(error)
    if missing is not None:
        name = nearest_name(missing, strangers)
        return f"Is {name} it?" if name else ""
    if keyword != "additionalProperties":
        return ""
    left = [name for name in named if name not in sent]
    pairs = {stranger: nearest_name(stranger, left) for stranger in strangers[:MAX_STRANGERS]}
    asked = ", ".join(f"{name} for {stranger}" for stranger, name in pairs.items() if name)
    return f"Did you mean {asked}?" if asked else ""
