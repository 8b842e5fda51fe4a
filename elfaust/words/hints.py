"""What to change, in a plain sentence, for the people who ask why their event is red."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

UNFIT_SCHEMA = "Correct the schema and publish it as a new revision."
TOO_MANY_STEPS = "Send less in one event, or a simpler schema: `elfaust schema lint` says where."
UNREADABLE = (
    "Send the event as one JSON object, percent-encoded between ? and ;, with the fields of the"
    " line after it as processor.client_format has them."
)
UNREADABLE_JSON = (
    "Send the event as one JSON object without white space, with the fields of the line before it"
    " as processor.server_format has them."
)
WHITE_SPACE = (
    "Write the JSON without white space between its parts, and each space within a text as \\u0020:"
    " the event of a server-side line ends at its first white space."
)
CUT = "Send all of the event: it was cut on its way, as a URL is that is too long, or has no end."
PLAIN_JSON = "An event as plain JSON is taken by `elfaust validate` and `elfaust send`."
CHANGED_SINCE = "Send it again as the schema is now: it was judged by one that has changed since."
HALF_CHARACTER = (
    "Send each character whole: a text that is cut after so many may end within an emoji, which"
    " JavaScript counts as two."
)
NOT_UTF8 = "Send the event in UTF-8."
TOO_DEEP = "Send what is nested so deep as a text, or less deep."
NO_NUMBER = "Send {} as a number up to 1.7e308, or as a text."
NO_REVISION = "Send `revision`, a whole number above 0 that a schema of this name has."
NO_KEY = "Send `schema`, the schema's name, and `revision`, a whole number above 0."
#: How to send the fields of which an event's uuid is made.
IDENTITY = {
    "recvFrom": "Send $.recvFrom as the name of the host that received the event.",
    "seqId": "Send $.seqId as an integer.",
    "dt": "Send $.dt as a time in UTC, such as 2020-09-13T12:26:40Z.",
    "timestamp": "Send $.timestamp in seconds or milliseconds since 1970, in UTC.",
}
UNKNOWN_SCHEMA = (
    "Publish this revision of the schema, or correct the name and revision that the event gives."
)
BROKEN_FILE = "Correct the schema's file in the folder of schemas: the event may be right."
UNRESOLVED = (
    "Nothing is wrong with the event as far as is known: send the line again once the schema wiki"
    " answers."
)
NOT_TAKEN = (
    "Nothing is wrong with the event: ask whoever runs Kafka to repair its topic, then send the"
    " line again."
)
OTHERS_PLACE = (
    "Publish the schema under a name that differs from all others by more than case, - and _."
)
TOO_LARGE = "Send less in one event, or ask for a higher limit."


class Misfit(Protocol):
    """Why a value does not fit its schema: a ValidationError of `jsonschema` is one."""

    @property
    def message(self) -> str:
        """The fault in Python's words."""

    @property
    def validator(self) -> Any:
        """The keyword that the value does not fit."""

    @property
    def validator_value(self) -> Any:
        """What the schema has as that keyword."""

    @property
    def instance(self) -> Any:
        """The value."""

    @property
    def schema(self) -> Any:
        """The part of the schema that has the keyword."""

    @property
    def absolute_path(self) -> Iterable[str | int]:
        """Where the value stands; of a property that draft 3 requires, where it would."""


def path_of(error: Misfit, at: tuple[str, ...] = ()) -> str:
    """Return the JSON path of a fault, as in `$.event.items[0]`; of a missing property, its own."""
    path: list[Any] = [*at, *error.absolute_path]
    missing = missing_property(error)
    if missing is not None:
        # In draft 3 the keyword is the property's own, and `jsonschema` has that in the path.
        listed = error.validator_value
        if not isinstance(listed, list) or error.schema.get("required") is not listed:
            path.pop()
        path.append(missing)
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else step(part) for part in path)


def step(name: str) -> str:
    """Return a property's name as a step of a JSON path."""
    return f".{name}" if name.isidentifier() else f"[{name!r}]"


def missing_property(error: Misfit) -> str | None:
    """Return the property that is required and missing, None where that is not the fault."""
    if error.validator != "required":
        return None
    return error.message.removesuffix(" is a required property").strip("'\"")


def hint(error: Misfit, path: str) -> str:
    """Return a sentence on how to correct an event that has this fault."""
    make = HINTS.get(str(error.validator))
    return make(path, error.validator_value) if make else f"Change {path} so that it fits."


def _types(path: str, types: Any) -> str:
    names = types if isinstance(types, list) else [types]
    shown = [name if isinstance(name, str) else "another schema" for name in names]
    return f"Send {path} as {' or '.join(shown)}."


#: Keyword: sentence from the path and the keyword's value.
HINTS: dict[str, Callable[[str, Any], str]] = {
    "required": lambda path, _: f"Send {path}, which the schema requires.",
    "type": _types,
    "enum": lambda path, values: f"Send {path} as one of {', '.join(map(repr, values))}.",
    "const": lambda path, value: f"Send {path} as {value!r}.",
    "additionalProperties": lambda path, _: (
        f"Send only what the schema names in {path}, or add it to the schema, as a new revision."
    ),
    "minimum": lambda path, limit: f"Send {path} as {limit} or more.",
    "maximum": lambda path, limit: f"Send {path} as {limit} or less.",
    "minLength": lambda path, limit: f"Send {path} with {limit} characters or more.",
    "maxLength": lambda path, limit: f"Send {path} with {limit} characters or less.",
    "minItems": lambda path, limit: f"Send {path} with {limit} items or more.",
    "maxItems": lambda path, limit: f"Send {path} with {limit} items or less.",
    "uniqueItems": lambda path, _: f"Send each item of {path} once.",
    "pattern": lambda path, pattern: f"Send {path} so that it matches {pattern}.",
    "divisibleBy": lambda path, by: f"Send {path} as a multiple of {by}.",
    "multipleOf": lambda path, by: f"Send {path} as a multiple of {by}.",
    "disallow": lambda path, types: f"Send {path} as anything but {types!r}.",
    "dependencies": lambda path, _: (
        f"Send in {path} the properties that those already there require."
    ),
}
