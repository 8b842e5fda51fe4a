"""Raw line formats ("%q %{recvFrom}s %{seqId}d %D %{ip}i %u") compiled to parsers.

The language is varnishncsa's as EventLogging's parse.py reads it: a space in a format matches any
white space, each specifier a field, and the JSON capsule's own fields are laid over those of the
line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from elfaust.errors import EventFault
from elfaust.events.misfits import Part, misfit
from elfaust.events.wording import ENDS_AT_SPACE, cure, ends_early, why_unreadable
from elfaust.json_text import MAX_KEYS, Unreadable, decode_json, decode_query
from elfaust.times import unix_seconds
from elfaust.words import hints
from elfaust.words.causes import shown

Capsule = dict[str, Any]
Cast = Callable[[str], Any]

MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"


#: Specifier: pattern of the field, its name unless {name} is given, what it is cast to.
SPECIFIERS: dict[str, tuple[str, str, Cast | None]] = {
    "d": (r"\d+", "", int),
    "D": (MOMENT, "dt", lambda text: f"{text}Z"),
    "h": (r"\S+", "clientIp", None),
    "i": (r"[^\t]+", "", None),
    "j": (r"\S+", "capsule", None),
    "l": (r"\S+", "omitted", None),
    "n": (r"\S+", "omitted", None),
    "o": (r"\S+", "omitted", None),
    "q": (r"\?\S+", "capsule", None),
    "s": (r"\S+", "", None),
    "t": (MOMENT, "timestamp", unix_seconds),
    "u": (r"[^\t]+", "userAgent", None),
}
#: What a field stands for, by its specifier, for the people whose lines do not have it.
WORDS = {
    "d": "{name}, a whole number,",
    "i": "{name}, which ends at a tab,",
    "j": "the event, as JSON,",
    "q": "the event, which begins with ?,",
    "u": "{name}, which ends at a tab,",
    **dict.fromkeys("Dt", "{name}, a time as 2020-09-13T12:26:40,"),
    **dict.fromkeys("hlnos", "{name}, a text without white space,"),
}
#: A field of a line that is right, by its specifier; "1" for all others.
EXAMPLES = {"D": "2020-09-13T12:26:40", "t": "2020-09-13T12:26:40", "%": "%"}
#: Specifiers of one name, whatever stands in their braces: that is varnish's own.
FIXED = "Dhjlnoqt"
SPECIFIER = re.compile(r"%(?:\{(?P<name>[^}]*)\})?(?P<letter>.)", re.DOTALL)
#: What is left of a line that is no JSON: enough to tell whose event it was (EventLogging's way).
SCHEMA_OF = re.compile(rb'(?:%22|")schema(?:%22|")(?:%3A|:)\s*(?:%22|")(.*?)(?:%22|")')
REVISION_OF = re.compile(rb'(?:%22|")revision(?:%22|")(?:%3A|:)\s*(-?\d{1,18})(?!\d)')
#: Capsule fields of old clients that EventLogging leaves out.
DROPPED = ("clientValidated", "isTruncated")


class LineParser:
    """Parses the lines of one format."""

    def __init__(self, line_format: str, max_keys: int = MAX_KEYS) -> None:
        """Compile a format.

        Raises ValueError for a specifier that does not exist, for a field without a name or with
        that of another, and for a format in which no event stands.
        """
        self._fields: list[tuple[str, Cast | None]] = []
        self._parts: list[Part] = []
        self._decoders: dict[str, Cast] = {
            "q": lambda text: decode_query(text, max_keys),
            "j": lambda text: decode_json(text.encode(), max_keys),
        }
        self._format = " ".join(line_format.split())
        self.pattern = re.compile(self._compile(self._format))
        if [name for name, _ in self._fields].count("capsule") != 1:
            raise ValueError("a line format needs one %q or %j, the event itself")

    def _compile(self, line_format: str) -> str:
        end = 0
        for specifier in SPECIFIER.finditer(line_format):
            self._parts += [*_literal(line_format[end : specifier.start()]), self._field(specifier)]
            end = specifier.end()
        self._parts += _literal(line_format[end:])
        return "".join(part.pattern for part in self._parts)

    def _field(self, specifier: re.Match[str]) -> Part:
        letter = specifier["letter"]
        if letter == "%":
            return Part("%", "the sign %")
        if letter not in SPECIFIERS:
            raise ValueError(f"no specifier %{letter} in line formats")
        pattern, _, cast = SPECIFIERS[letter]
        name = field_name(specifier)
        if not name:
            raise ValueError(f"%{letter} needs a name, as in %{{seqId}}{letter}")
        words = WORDS[letter].format(name=name)
        if name == "omitted":
            return Part(f"(?:{pattern})", words)
        if any(name == other for other, _ in self._fields):
            raise ValueError(f"the field {name} stands twice in the line format")
        self._fields.append((name, self._decoders.get(letter, cast)))
        return Part(f"(?P<{name}>{pattern})" if name.isidentifier() else f"({pattern})", words)

    def example(self, capsule: Capsule) -> bytes:
        """Return a line of this format that holds a capsule."""
        text = json.dumps(capsule, separators=(",", ":"))

        def field(specifier: re.Match[str]) -> str:
            letter = specifier["letter"]
            if letter == "q":
                return f"?{quote(text)};"
            return text if letter == "j" else EXAMPLES.get(letter, "1")

        return SPECIFIER.sub(field, self._format.replace(" ", "\t")).encode()

    def parse(self, line: bytes) -> Capsule:
        """Return the capsule of a raw line.

        Raises EventFault, code `processor`, for a line that does not fit the format, is not
        UTF-8, or holds no JSON object.
        """
        text = line.decode("utf-8", "surrogateescape")
        match = self.pattern.match(text)
        try:
            return self._capsule(text, match)
        except (ValueError, RecursionError) as error:
            path, hint, cause = self._why(text, match, error)
            message = repr(error)
            raise EventFault(
                "processor", message, *guess_schema(line), path, hint, cause
            ) from error

    def _why(
        self, text: str, match: re.Match[str] | None, error: Exception
    ) -> tuple[str, str, str]:
        """Return the JSON path of what cannot be read in a line, what to change, and why."""
        hint = hints.UNREADABLE if "%q" in self._format else hints.UNREADABLE_JSON
        if match is None:
            cause, hint = misfit(self._format, self._parts, text, hint)
            return "", hint, cause
        for (name, cast), value in zip(self._fields, match.groups(), strict=True):
            if name != "capsule" and cast is not None and not _can(cast, value):
                hint = hints.IDENTITY.get(name, hint)
                return f"$.{name}", hint, f"$.{name} cannot be {shown(value)}"
        if ends_early(error):
            if "%q" not in self._format and text[match.end("capsule") :].strip():
                return "", hints.WHITE_SPACE, ENDS_AT_SPACE
            hint = hints.CUT
        path = error.path if isinstance(error, Unreadable) else ""
        why = why_unreadable(error)
        return path, cure(error, hint, why), why

    def _capsule(self, text: str, match: re.Match[str] | None) -> Capsule:
        if match is None:
            raise ValueError(self.pattern.pattern, text)
        capsule = {
            name: value if cast is None else cast(value)
            for (name, cast), value in zip(self._fields, match.groups(), strict=True)
        }
        given = capsule.pop("capsule")
        if type(given) is not dict:
            shown = given if isinstance(given, list) else type(given).__name__
            raise ValueError("capsule was successfully parsed, but not as an object.", shown)
        capsule.update(given)
        for name in DROPPED:
            capsule.pop(name, None)
        return capsule


def field_name(specifier: re.Match[str]) -> str:
    """Return the name of the field that a specifier of a format stands for, "" if it has none."""
    letter, given = specifier["letter"], specifier["name"]
    own = SPECIFIERS[letter][1] if letter in SPECIFIERS else ""
    return own if letter in FIXED else given or own


def _literal(text: str) -> list[Part]:
    if not text:
        return []
    words = f"the text {text.strip()}" if text.strip() else "white space"
    return [Part(r"\s+".join(re.escape(part) for part in text.split(" ")), words)]


def _can(cast: Cast, text: str) -> bool:
    try:
        cast(text)
    except ValueError:
        return False
    return True


def guess_schema(line: bytes) -> tuple[str, int]:
    """Return the schema and revision that a raw line names, `unknown` and -1 if it does not."""
    schema, revision = SCHEMA_OF.search(line), REVISION_OF.search(line)
    if schema is None or revision is None:
        return "unknown", -1
    return schema[1].decode("utf-8", "replace")[:63] or "unknown", int(revision[1])
