"""What a row of Parquet must hold of an event, by the table in docs/reference.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from elfaust.events.capsule import MAX_USER_AGENT, parse_user_agent
from elfaust.sinks.parquet.reading.columns import AGENT_FLAGS, AGENT_TEXTS, UNNAMED
from elfaust.sinks.parquet.types import column_name
from elfaust.sinks.values import (
    ABSENT,
    STRANGE,
    default_of,
    exact_int,
    is_text_of,
    moment_of,
    parsed_moment,
    same_json,
)

#: Column: key of the capsule that it holds as it is.
AS_SENT = {
    "recvfrom": "recvFrom",
    "revision": "revision",
    "schema": "schema",
    "seqid": "seqId",
    "uuid": "uuid",
    "webhost": "webHost",
    "wiki": "wiki",
}
AGENT_PARTS = AGENT_TEXTS | AGENT_FLAGS
FLAGS = frozenset({bool, type(None)})
#: Of a time: the digits of its second's fraction, and how it ends.
FRACTION = re.compile(r"[.,]([0-9]+)(.*)$")


class Place(NamedTuple):
    """A place of an event as Parquet has it.

    `holds` tells whether a column holds a value, ABSENT among them, `unnamed` returns what a value
    has that its place does not name.
    """

    holds: Callable[[Any, Any], bool]
    unnamed: Callable[[Any], dict[str, Any]] | None = None
    filled: bool = False


class FileRowComparison:
    """Compares events with rows of the Parquet files of one schema revision."""

    def __init__(self, kind: pa.DataType, event: Mapping[str, Any]) -> None:
        """Take the Arrow type of the event, and its schema with its references followed."""
        self._event = _place(kind, event)
        self._members = _members(kind, event, True) if pa.types.is_struct(kind) else {}

    def differences(self, capsule: dict[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
        """Yield what a row says otherwise than its event, column by column."""
        for column, key in AS_SENT.items():
            if (wanted := capsule.get(key)) != (stored := row.get(column)):
                yield _said(column, wanted, stored)
        if not _holds(_is_moment, capsule, row.get("dt")):
            yield _said("dt", capsule.get("dt") or capsule.get("timestamp"), row.get("dt"))
        agent, stored = capsule.get("userAgent"), row.get("useragent")
        if not _holds(_is_agent, agent, stored):
            yield _said("useragent", agent, stored)
        event, stored = capsule.get("event", ABSENT), row.get("event")
        if not _holds(self._event.holds, event, stored):
            yield from self._within(event, stored)
        yield from self._unnamed(event, row)

    def _within(self, event: Any, stored: Any) -> Iterator[str]:
        """Yield the keys of an event that differ, the event itself where none does."""
        found = False
        if isinstance(event, dict) and isinstance(stored, dict):
            for column, (name, place) in self._members.items():
                value, held = event.get(name, ABSENT), stored.get(column)
                if not _holds(place.holds, value, held):
                    found = True
                    yield _said(f"event.{name}", value, held)
        if not found:
            yield _said("event", event, stored)

    def _unnamed(self, event: Any, row: Mapping[str, Any]) -> Iterator[str]:
        wanted = self._event.unnamed(event) if self._event.unnamed else {}
        stored = row.get(UNNAMED)
        if not _holds(is_text_of, wanted or None, stored):
            yield _said(UNNAMED, wanted, stored)


def _said(name: str, value: Any, stored: Any) -> str:
    shown = "nothing" if value is ABSENT else f"{value!r:.80}"
    return f"{name}: topic {shown}, Parquet {stored!r:.80}"


def _holds(check: Callable[[Any, Any], bool], value: Any, stored: Any) -> bool:
    try:
        return check(value, stored)
    except STRANGE:
        # Half a JSON text, no time: whatever it is, it differs.
        return False


def _is_moment(capsule: Any, stored: Any) -> bool:
    moment, sent = moment_of(capsule), capsule.get("dt")
    if not sent:
        # A timestamp is cut to its second.
        return moment.replace(microsecond=0) == parsed_moment(stored)
    return moment == parsed_moment(stored) and (
        stored == sent or _fraction(stored) == _fraction(sent)
    )


def is_kept_in_part(agent: Any) -> bool:
    """Tell whether a user agent has what the column of its parts has no place for."""
    if not isinstance(agent, dict):
        return agent is not None and not isinstance(agent, str)
    flags = agent.get("is_bot"), agent.get("is_mediawiki")
    return not (agent.keys() <= AGENT_PARTS and FLAGS.issuperset(map(type, flags)))


def _fraction(text: str) -> str:
    """Return the digits of a second's fraction; a time that is not UTC has six at most."""
    found = FRACTION.search(text)
    if found is None:
        return ""
    return (found[1] if found[2] in ("", "Z") else found[1][:6]).rstrip("0")


def _is_agent(sent: Any, stored: Any) -> bool:
    """Compare a user agent's map: what a client sends for a flag and is none is null.

    Of a text it is the parts that it has by the pipeline's own parser. No event is refused for its
    user agent: of an integer past 64 bits it has the nearest float.
    """
    if isinstance(sent, str):
        return bool(stored == parse_user_agent(sent[: MAX_USER_AGENT + 1]))
    if not isinstance(sent, dict):
        return stored is None
    return all(
        held is (sent.get(key) if isinstance(sent.get(key), bool) else None)
        if key in AGENT_FLAGS
        else is_text_of(sent.get(key), held, nearest=True)
        for key, held in stored.items()
    )


def _place(kind: pa.DataType, schema: Any, fills: bool = True) -> Place:
    """Return a place; `fills` says whether defaults count: within a list none does."""
    if pa.types.is_struct(kind):
        return _struct(kind, schema, fills)
    default = default_of(schema) if fills else ABSENT
    if pa.types.is_list(kind):
        items = schema.get("items") if isinstance(schema, dict) else None
        return _with_default(_list(_place(kind.value_type, items, False)), default)
    return _with_default(Place(SCALARS.get(str(kind), same_json)), default)


def _with_default(place: Place, default: Any) -> Place:
    holds = place.holds

    def holds_or_default(value: Any, stored: Any) -> bool:
        if value is ABSENT:
            value = default
        if value is ABSENT or value is None:
            return stored is None
        return holds(value, stored)

    return place._replace(holds=holds_or_default, filled=default is not ABSENT)


def _list(item: Place) -> Place:
    def holds(values: Any, stored: Any) -> bool:
        if not isinstance(values, list) or not isinstance(stored, list):
            return False
        return len(values) == len(stored) and all(map(item.holds, values, stored))

    def unnamed(values: Any) -> dict[str, Any]:
        if not isinstance(values, list) or item.unnamed is None:
            return {}
        found = {str(index): item.unnamed(value) for index, value in enumerate(values)}
        return {index: of for index, of in found.items() if of}

    return Place(holds, unnamed if item.unnamed else None)


def _members(kind: pa.DataType, schema: Any, fills: bool) -> dict[str, tuple[str, Place]]:
    """Return the members of a struct by column: key, place."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    names = {column_name(name): name for name in properties or {}}
    return {
        field.name: (name, _place(field.type, (properties or {}).get(name), fills))
        for field in kind
        for name in [names.get(field.name, field.name)]
    }


def _struct(kind: pa.DataType, schema: Any, fills: bool) -> Place:
    members = _members(kind, schema, fills)
    places = dict(members.values())
    within = [(name, place.unnamed) for name, place in places.items() if place.unnamed]
    filled = any(place.filled for place in places.values())

    def holds(value: Any, stored: Any) -> bool:
        if value is ABSENT and filled:
            value = {}
        if value is ABSENT or value is None:
            return stored is None
        if not isinstance(value, dict) or not isinstance(stored, dict):
            return False
        return all(
            place.holds(value.get(name, ABSENT), stored.get(column))
            for column, (name, place) in members.items()
        )

    def unnamed(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {}
        found = {name: of for name, of in value.items() if name not in places}
        for name, below in within:
            if name in value and (of := below(value[name])):
                found[name] = of
        return found

    return Place(holds, unnamed, filled)


def _is_integer(value: Any, stored: Any) -> bool:
    return type(stored) is int and exact_int(value) == stored


def _is_double(value: Any, stored: Any) -> bool:
    return type(value) in (int, float) and type(stored) is float and float(value) == stored


def _is_flag(value: Any, stored: Any) -> bool:
    return isinstance(value, bool) and value is stored


#: By Arrow's name of the type.
SCALARS: dict[str, Callable[[Any, Any], bool]] = {
    "bool": _is_flag,
    "double": _is_double,
    "int64": _is_integer,
    "string": is_text_of,
}
