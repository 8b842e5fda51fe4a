"""EventLogging's way, as plainly as it goes: a regex, urllib, json, hashlib's uuid5, jsonschema.

What the judge of elfaust is held to (tests/unit/test_generated_lines.py), and the yardstick of
`elfaust bench --judge`. The parsed user agent is the one thing shared.
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from jsonschema import Draft3Validator

from elfaust.events.capsule import parse_user_agent
from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Registry

LINE = re.compile(
    r"(\?\S+)\s+(\S+)\s+(\d+)\s+(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\s+([^\t]+)\s+([^\t]+)"
)


class Outcome(NamedTuple):
    """`valid` with the event as JSON, or EventLogging's code."""

    code: str
    value: bytes = b""


class ReferenceJudge:
    """Judges client-side lines of 2018 by the schemas of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._validators: dict[SchemaKey, Any] = {}

    def judge(self, line: bytes) -> Outcome:
        """Return the outcome of a line."""
        try:
            capsule = parse(line)
        except (ValueError, KeyError, TypeError, RecursionError, OSError, OverflowError):
            return Outcome("processor")
        if "schema" not in capsule or "revision" not in capsule:
            return Outcome("validation")
        name, revision = capsule["schema"], capsule["revision"]
        if not isinstance(revision, int) or (revision < 1 and revision is not False):
            return Outcome("validation")
        if not isinstance(name, str) or not re.match(r"[A-Za-z0-9_./-]{1,63}\Z", name):
            return Outcome("validation")
        if isinstance(revision, bool) or not re.match(r"[A-Za-z0-9_-]{1,63}\Z", name):
            return Outcome("processor")
        validator = self._validator(SchemaKey(name, revision))
        if validator is None:
            return Outcome("processor")
        if not validator.is_valid(capsule):
            return Outcome("validation")
        try:
            return Outcome("valid", json.dumps(capsule, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            return Outcome("processor")

    def _validator(self, key: SchemaKey) -> Any:
        if key not in self._validators:
            schema = self._registry.get(key)
            if schema is None:
                return None
            event = {"additionalProperties": False, **schema.event, "required": True}
            capsule = {
                "type": "object",
                "additionalProperties": False,
                "properties": {**LATEST.properties, "event": event},
            }
            self._validators[key] = Draft3Validator(capsule)
        return self._validators[key]


def parse(line: bytes) -> dict[str, Any]:
    """Return the capsule of a line; raises ValueError, KeyError or TypeError for what is none."""
    match = LINE.match(line.decode("utf-8", "surrogateescape"))
    if match is None:
        raise ValueError(line)
    query, host, number, moment, address, agent = match.groups()
    text = unquote_plus(query.strip("?;"), errors="strict")
    text.encode()
    given = json.loads(text, parse_constant=refuse, parse_float=finite)
    if not isinstance(given, dict) or deeper_than(given, 40):
        raise ValueError(given)
    json.dumps(given, ensure_ascii=False).encode()
    capsule: dict[str, Any] = {
        "recvFrom": host,
        "seqId": int(number),
        "dt": f"{moment}Z",
        "ip": address,
        "userAgent": agent,
        **given,
    }
    capsule.pop("clientValidated", None)
    capsule.pop("isTruncated", None)
    capsule["recvFrom"], capsule["seqId"] = str(capsule["recvFrom"]), int(capsule["seqId"])
    url = f"event://{capsule['recvFrom']}/?seqId={capsule['seqId']}&dt={time_of(capsule)}"
    capsule["uuid"] = uuid.uuid5(uuid.NAMESPACE_URL, url).hex
    if isinstance(capsule["userAgent"], str):
        capsule["userAgent"] = dict(parse_user_agent(capsule["userAgent"]))
    return capsule


def time_of(capsule: dict[str, Any]) -> Any:
    """Return `dt`, made of `timestamp` where there is none."""
    if capsule.get("dt"):
        return capsule["dt"]
    timestamp = capsule["timestamp"]
    seconds = timestamp / 1000 if timestamp > 10**12 else timestamp
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def refuse(constant: str) -> Any:
    """Raise ValueError: NaN and the infinities are no JSON."""
    raise ValueError(constant)


def finite(text: str) -> float:
    """Return a number; raises ValueError for one that is too large."""
    number = float(text)
    return number if abs(number) < float("inf") else refuse(text)


def deeper_than(value: Any, levels: int) -> bool:
    """Tell whether a value is nested deeper than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict | list) and not levels:
        return True
    return any(deeper_than(item, levels - 1) for item in inner)
