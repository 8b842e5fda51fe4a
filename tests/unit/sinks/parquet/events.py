"""Events and schemas that tables are made of."""

from __future__ import annotations

from typing import Any

import orjson

from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.testing import make_record

SCHEMA = Schema(
    SchemaKey("Test", 1),
    {
        "properties": {
            "text": {"type": "string", "default": "none"},
            "whole": {"type": "integer"},
            "real": {"type": "number"},
            "flag": {"type": "boolean"},
            "words": {"type": "array", "items": {"type": "string"}},
            "inner": {"type": "object", "properties": {"deep.key": {"type": "integer"}}},
            "open": {"type": "any"},
        }
    },
)


def record(event: dict[str, Any], **capsule: Any) -> Record:
    value = {"event": event, "uuid": "u", "dt": "2020-09-13T12:26:40Z", **capsule}
    return make_record(orjson.dumps(value), 0, 0)


GOOD = [record({"whole": n}, uuid=f"good {n}") for n in range(4)]
PLAIN = Schema(
    SchemaKey("Plain", 1),
    {"properties": {"whole": {"type": "integer"}, "text": {"type": "string"}}},
)


def raw(**more: str) -> bytes:
    """Return an event as JSON; the values of `more` are JSON as it stands."""
    parts = {"event": "{}", "uuid": '"u"', "dt": '"2020-09-13T12:26:40Z"', **more}
    inside = ",".join(f'"{key}":{value}' for key, value in parts.items())
    return b"{%b}" % inside.encode()
