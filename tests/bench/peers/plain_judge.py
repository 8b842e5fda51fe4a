"""What a good engineer makes of a raw client-side line, without elfaust's judge.

A regex, yarl's compiled unquoter, orjson, hashlib and a validator of jsonschema-rs for each schema
revision, compiled when it first comes. Shared with elfaust are the schemas, their translation from
draft 3, which no compiled validator knows, and the parsed user agent, which is cached in both.
Not done, though elfaust does it: limits of depth, keys and what stores hold, numbers past 64 bits,
the positions of lines, and why a line is refused in words for people.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import jsonschema_rs
import orjson
from yarl._quoting import _Unquoter

from elfaust.events.capsule import parse_user_agent
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.drafts import closed_schema, draft4, draft_of
from elfaust.settings import Settings

LINE = re.compile(
    r"\?(\S+)\s+(\S+)\s+(\d+)\s+(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\s+([^\t]+)\s+([^\t]+)"
)
NAMESPACE = uuid.NAMESPACE_URL.bytes
LONGEST_RAW = 8_192
#: By what the environment variable UNQUOTER says: Python's own is what most would take.
UNQUOTERS: Mapping[str, Callable[[str], str]] = {"yarl": _Unquoter(), "urllib": unquote}


class Refused(Exception):
    """A line that is no event: EventLogging's code, and the schema that it names."""

    def __init__(self, code: str, message: str, schema: Any = "unknown", revision: Any = -1):
        super().__init__(message)
        self.code, self.schema, self.revision = code, schema, revision


class Made(NamedTuple):
    """A record: its topic and its value."""

    topic: str
    value: bytes


class PlainJudge:
    """Makes records of lines."""

    def __init__(self, settings: Settings) -> None:
        self._folder = Path(settings.schemas.folder)
        self._names = TopicNames(settings)
        self._unquote = UNQUOTERS[os.environ.get("UNQUOTER", "yarl")]
        self._validators: dict[tuple[str, int], tuple[str, Any]] = {}

    def make(self, line: bytes) -> Made:
        """Return the event of a line, or its error."""
        try:
            return self._event(line)
        except Refused as refused:
            return self._error(line, refused)

    def _event(self, line: bytes) -> Made:
        capsule = self._capsule(line)
        key = (capsule.get("schema"), capsule.get("revision"))
        try:
            topic, validator = self._validators[key]  # type: ignore[index]
        except (KeyError, TypeError):
            topic, validator = self._compiled(*key)
        if not validator.is_valid(capsule):
            message = next(validator.iter_errors(capsule)).message
            raise Refused("validation", message, *key)
        return Made(topic, orjson.dumps(capsule))

    def _capsule(self, line: bytes) -> dict[str, Any]:
        try:
            match = LINE.match(line.decode())
            if match is None:
                raise ValueError("the line does not fit its format")
            query, host, number, moment, address, agent = match.groups()
            given = orjson.loads(self._unquote(query.strip("?;").replace("+", " ")))
            if type(given) is not dict:
                raise ValueError("the event is no object")
            capsule = {
                "recvFrom": host,
                "seqId": int(number),
                "dt": f"{moment}Z",
                "ip": address,
                "userAgent": dict(parse_user_agent(agent)),
                **given,
            }
            capsule.pop("clientValidated", None)
            capsule.pop("isTruncated", None)
            # The event may name its own host and number.
            capsule["recvFrom"], capsule["seqId"] = str(capsule["recvFrom"]), int(capsule["seqId"])
            capsule["uuid"] = _uuid(capsule)
        except (ValueError, KeyError, TypeError) as error:
            raise Refused("processor", repr(error)) from error
        return capsule

    def _compiled(self, name: Any, revision: Any) -> tuple[str, Any]:
        if not isinstance(name, str) or type(revision) is not int:
            raise Refused("validation", "the event does not say its schema", name, revision)
        file = self._folder / name / f"{revision}.json"
        if not name.replace("-", "").replace("_", "").isalnum() or not file.is_file():
            raise Refused("processor", "there is no such schema", name, revision)
        event = orjson.loads(file.read_bytes())
        draft = draft_of(event)
        closed = draft.translate(closed_schema(event, draft))
        capsule = draft4({"type": "object", "properties": LATEST.properties})
        capsule["additionalProperties"] = False
        capsule["properties"]["event"] = closed
        capsule["required"].append("event")
        validator = jsonschema_rs.Draft4Validator(capsule)
        made = self._names.event(SchemaKey(name, revision)), validator
        self._validators[name, revision] = made
        return made

    def _error(self, line: bytes, refused: Refused) -> Made:
        event = {
            "rawEvent": line[:LONGEST_RAW].decode(errors="replace"),
            "message": str(refused)[:1_024],
            "code": refused.code,
            "schema": str(refused.schema),
            "revision": refused.revision if type(refused.revision) is int else -1,
        }
        capsule = {
            "event": event,
            "schema": "EventError",
            "revision": 14035058,
            "uuid": hashlib.sha1(line, usedforsecurity=False).hexdigest()[:32],
        }
        return Made(
            self._names.error, orjson.dumps(capsule, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
        )


def _uuid(capsule: dict[str, Any]) -> str:
    """Return uuid5 of the event's address, which is the same whenever its line is read."""
    url = f"event://{capsule['recvFrom']}/?seqId={capsule['seqId']}&dt={capsule['dt']}"
    digest = hashlib.sha1(NAMESPACE + url.encode(), usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5).hex
