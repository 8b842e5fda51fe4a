"""Raw lines written around events: what `lines.py` reads, the other way."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from elfaust.events.lines import MOMENT, SPECIFIER, LineParser, field_name

#: What an event's uuid is made of.
IDENTITY = ("recvFrom", "seqId", "dt")
#: A text of JSON, or blanks between its parts.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\s+', re.DOTALL)
_BLANK = re.compile(r"\s")
_TIME = re.compile(MOMENT)


class LineWriter:
    """Writes lines of one format.

    `needed` are the fields that the format or the event must have: those that the format has no
    place for are put in front of the event's own.
    """

    def __init__(self, line_format: str, needed: Collection[str] = IDENTITY) -> None:
        """Take a format; raises ValueError for what is none."""
        LineParser(line_format)
        #: Whether the event of a line is percent-encoded, as a client's is.
        self.is_query = "%q" in line_format
        # A field of varnish's may hold blanks; a server-side event must not, so there they part.
        line_format, at = ("\t" if self.is_query else " ").join(line_format.split()), 0
        #: The text before each field, the letter of its specifier, and its name.
        self._parts: list[tuple[str, str, str]] = []
        for specifier in SPECIFIER.finditer(line_format):
            before = line_format[at : specifier.start()]
            self._parts.append((before, specifier["letter"], field_name(specifier)))
            at = specifier.end()
        self._end = line_format[at:]
        #: The fields of a line: their names, each with the letter of its specifier.
        self.fields = [(name, letter) for _, letter, name in self._parts if letter != "%"]
        placed = {name for name, _ in self.fields}
        if "timestamp" in placed:
            placed.add("dt")
        self._missing = [name for name in needed if name not in placed]

    def write(self, text: str, event: Mapping[str, Any], fields: Mapping[str, str | int]) -> bytes:
        """Return a line that holds an event: `text` is its JSON, `event` the object that it is.

        `fields` are those of IDENTITY and `userAgent`; `dt` ends with Z.
        """
        missing = {name: fields[name] for name in self._missing if not _has(event, name)}
        if missing:
            head, inner = json.dumps(missing)[:-1], text.lstrip()[1:]
            text = f"{head}{', ' if event else ''}{inner}"
        return self.fill(f"?{quote(text)};" if self.is_query else unspaced(text), fields)

    def fill(self, sent: str, fields: Mapping[str, str | int]) -> bytes:
        """Return a line whose event stands in it as it was sent."""
        found: list[str] = []
        for before, letter, name in self._parts:
            found += before, sent if letter in "qj" else _value(letter, name, fields)
        return "".join([*found, self._end]).encode("utf-8", "replace")


def _value(letter: str, name: str, fields: Mapping[str, str | int]) -> str:
    if letter in "Dt":
        found = _TIME.match(str(fields["dt"]))
        return found[0] if found else ""
    return "%" if letter == "%" else str(fields.get(name, "0" if letter == "d" else "-"))


def unspaced(text: str) -> str:
    """Return JSON text without blanks, those within its texts as escapes.

    EventLogging's %j is what has no blank in it.
    """

    def token(match: re.Match[str]) -> str:
        if match[0][0] != '"':
            return ""
        return _BLANK.sub(lambda blank: f"\\u{ord(blank[0]):04x}", match[0])

    return _TOKEN.sub(token, text)


def _has(event: Mapping[str, Any], name: str) -> bool:
    return name in event or (name == "dt" and "timestamp" in event)
