"""What bytes say: a schema, that there is none, or nothing that can be relied on."""

from __future__ import annotations

import re
from typing import Any

import orjson

from elfaust.schema.validation.drafts import COMBINING

MAX_SCHEMA_BYTES = 1_000_000
#: How a wiki's `error` says that there is no such schema. EventLogging's `action=jsonschema` has
#: the codes nosuchrevid, invalidtitle and revwrongpage (ApiJsonSchema.php); what is not listed, or
#: speaks of the wiki's own parts, is no such answer.
NO_SUCH_SCHEMA = re.compile(
    r"\A(?!internal_|.*\b(?:database|table|server|service|host|action|module|param\w*)\b).*?"
    r"(?:nosuch|no such |there is no |missing(?:title|rev|page|content)|revwrongpage"
    r"|not a revision|(?:invalid|bad) ?(?:title|revision)|does(?: not|n.t) exist|not found)",
    re.IGNORECASE | re.DOTALL,
)


def parse_schema(body: bytes) -> dict[str, Any]:
    """Return the schema that a file holds; raises ValueError, saying why, where it is none."""
    if len(body) > MAX_SCHEMA_BYTES:
        raise ValueError(f"larger than {MAX_SCHEMA_BYTES:,} bytes")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {body[error.start]:#04x} is no character") from error
    event = orjson.loads(body)
    if not isinstance(event, dict) or "error" in event or event.get("type", "object") != "object":
        raise ValueError("not the schema of an object")
    return event


def parse_wiki_schema(body: bytes) -> dict[str, Any]:
    """Return the schema that a wiki has sent; raises ValueError for anything unlike a schema.

    A schema says so itself: it has `properties` that are an object, `"type": "object"`, `$schema`
    or a keyword that combines schemas.
    """
    event = parse_schema(body)
    if not (
        isinstance(event.get("properties"), dict)
        or "type" in event
        or isinstance(event.get("$schema"), str)
        or any(keyword in event for keyword in (*COMBINING, "extends"))
    ):
        raise ValueError("it does not look like a schema")
    return event


def wiki_error(body: bytes) -> str:
    """Return the `error` of a wiki's answer as `code: info`, "" where it has none."""
    try:
        error = orjson.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    if not isinstance(error, dict):
        return str(error)[:200]
    parts = [error[part] for part in ("code", "info") if isinstance(error.get(part), str)]
    return ": ".join(parts)[:200] or "error"
