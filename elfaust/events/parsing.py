"""From a raw line to its complete capsule and the schema revision that it names."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol

from elfaust.boundary import unforeseen
from elfaust.errors import EventFault
from elfaust.events.capsule import complete, faulty_identity_field
from elfaust.events.event_error import is_revision
from elfaust.events.lines import guess_schema
from elfaust.events.wording import cure, why_unreadable
from elfaust.records import SchemaKey
from elfaust.schema.dialect import Dialect
from elfaust.schema.lookup.folder import NAME
from elfaust.words import hints
from elfaust.words.causes import kind_of, shown

#: Errors that reading a line raises where the line is at fault.
READING = (ValueError, KeyError, TypeError, RecursionError, OverflowError)
#: EventLogging's message for a name that it accepted and for which it then found no schema.
NOT_FETCHED = "<SchemaError: 'Schema fetch failed: not in the repository'>"
#: What EventLogging accepted as the name of a schema.
EVENTLOGGING_NAME = re.compile(r"\A[A-Za-z0-9_./-]{1,63}\Z")


class Parser(Protocol):
    """Makes capsules of the lines of one format."""

    def parse(self, line: bytes) -> dict[str, Any]:
        """Return the capsule of a line; raises EventFault, code `processor`."""

    def example(self, capsule: dict[str, Any]) -> bytes:
        """Return a line that holds a capsule."""


class Parsed(NamedTuple):
    """A line's complete capsule, the schema that it names, and its user agent as it was sent."""

    capsule: dict[str, Any]
    key: SchemaKey
    user_agent: str | None


def parse_line(
    parser: Parser, dialect: Dialect, line: bytes, max_bytes: int
) -> Parsed | EventFault:
    """Return the complete capsule of a line, or why it has none."""
    if len(line) > max_bytes:
        message = (
            f"a line of {len(line)} bytes is longer than processor.max_line_bytes, {max_bytes}"
        )
        return EventFault(
            "processor", message, *guess_schema(line[:max_bytes]), hint=hints.TOO_LARGE
        )
    try:
        return read_capsule(parser, dialect, line)
    except EventFault as fault:
        return fault
    except READING as error:
        cause = why_unreadable(error)
        hint = cure(error, hints.UNREADABLE, cause)
        return EventFault("processor", repr(error), *guess_schema(line), hint=hint, cause=cause)
    except Exception as error:
        return unforeseen(error, "processor", *guess_schema(line))


def read_capsule(parser: Parser, dialect: Dialect, line: bytes) -> Parsed:
    """Return the complete capsule of a line; raises EventFault, or one of READING."""
    capsule = parser.parse(line)
    try:
        agent = complete(capsule, dialect)
    except READING as error:
        name = faulty_identity_field(capsule, dialect)
        hint = hints.IDENTITY[name]
        sent, path = capsule.get(name), f"$.{name}"
        cause = f"{path} is missing" if sent in (None, "") else f"{path} cannot be {shown(sent)}"
        names = guess_schema(line)
        raise EventFault("processor", repr(error), *names, path, hint, cause) from error
    return Parsed(capsule, key_of(capsule), agent)


def key_of(capsule: dict[str, Any]) -> SchemaKey:
    """Return the schema revision that a capsule names.

    Raises EventFault where it cannot be one (EventLogging's rules).
    """
    if "schema" not in capsule or "revision" not in capsule:
        message = "scid could not be extracted from event."
        missing = "schema" if "schema" not in capsule else "revision"
        cause = f"the event does not say its {missing}"
        raise EventFault("validation", message, hint=hints.NO_KEY, cause=cause)
    name, revision = capsule["schema"], capsule["revision"]
    if type(revision) is not int and not isinstance(revision, bool):
        message = f"Invalid revision ID type: {type(revision)}"
        cause = f"the revision is {kind_of(revision)}, not a whole number"
        raise _no_key(message, name, revision, "revision", cause)
    if revision < 1 and revision is not False:
        message, cause = f"Invalid revision ID {revision}", f"no revision is {shown(revision)}"
        raise _no_key(message, name, revision, "revision", cause)
    if not isinstance(name, str) or not EVENTLOGGING_NAME.match(name):
        message, cause = f"Invalid schema name: {name}", f"no schema has the name {shown(name)}"
        raise _no_key(message, name, revision, "schema", cause)
    if not NAME.match(name) or not is_revision(revision):
        raise _never_a_key(name, revision)
    return SchemaKey(name, revision)


def _never_a_key(name: str, revision: Any) -> EventFault:
    """Return the fault of what EventLogging took, True for 1, and then failed to fetch."""
    path, hint = "$.revision", hints.NO_REVISION
    cause = f"no schema has the revision {shown(revision)}"
    if not NAME.match(name):
        path, hint, cause = "$.schema", hints.NO_KEY, f"no schema has the name {shown(name)}"
    elif isinstance(revision, bool):
        cause = f"the revision is {kind_of(revision)}, not a whole number"
    return EventFault("processor", NOT_FETCHED, name, revision, path, hint, cause)


def _no_key(message: str, name: object, revision: Any, field: str, cause: str) -> EventFault:
    path = f"$.{field}"
    return EventFault("validation", message, name, revision, path, hints.NO_KEY, cause)
