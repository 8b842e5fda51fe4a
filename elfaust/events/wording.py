"""Why a raw line or an event cannot be read, worded for whoever sent it.

What Python says of it names Python's own parts and rules. An EventError is read by people who know
JSON, and want to know what stands in their line and what to change.
"""

from __future__ import annotations

import json

from elfaust.json_text import MAX_DIGITS, TOO_DEEP, Unreadable
from elfaust.words import hints
from elfaust.words.causes import shown

#: Characters of what was sent that a message shows.
SHOWN = 20
#: What `json` says of a text, up to its first word that differs, and what is meant.
OF_JSON = (
    ("Unterminated string", "the text that begins at {at} has no closing quote"),
    ("Expecting property name", "a name in double quotes is missing at {at}{near}"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is missing at {at}{near}"),
    ("Expecting ':' delimiter", "a colon is missing at {at}{near}"),
    ("Expecting value", "no value of JSON stands at {at}{near}"),
    ("Extra data", "after the end of the JSON there is more, at {at}{near}"),
    ("Invalid control character", "a tab, line end or other control character stands unescaped in "
     "a text, at {at}"),
    ("Invalid \\", "the backslash at {at} begins no escape that JSON knows{near}"),
    ("Illegal trailing comma", "the comma at {at} has nothing after it"),
    ("Unexpected UTF-8 BOM", "a byte order mark stands before the JSON"),
)  # fmt: skip
ENDS_EARLY = "the JSON ends too soon, after {at}"
#: EventLogging's `%j` is a text without white space.
ENDS_AT_SPACE = "the event has white space in it, and ends there in a line of this format"
NOT_UTF8 = "it is not UTF-8: byte {byte:#04x} is part of no character"
HALF_CHARACTER = "it has half of a surrogate pair, which is no character"


def why_unreadable(error: Exception) -> str:
    """Return why something cannot be read, from what was raised where it was read."""
    if isinstance(error, json.JSONDecodeError):
        return _why_no_json(error)
    if isinstance(error, UnicodeDecodeError):
        return NOT_UTF8.format(byte=error.object[error.start])
    if isinstance(error, UnicodeEncodeError):
        code = ord(error.object[error.start])
        # A byte that is part of no character was read as one of these.
        escaped = 0xDC80 <= code <= 0xDCFF
        return NOT_UTF8.format(byte=code - 0xDC00) if escaped else HALF_CHARACTER
    if "surrogates" in str(error):
        return HALF_CHARACTER
    said = str(error.args[0]) if error.args else ""
    if said.startswith("capsule was"):
        return "the event is JSON, but no object"
    if said.startswith("Exceeds the limit"):
        return f"a number has more than {MAX_DIGITS} digits, which no store holds"
    return TOO_DEEP if isinstance(error, RecursionError) else str(error)


def cure(error: Exception, otherwise: str, why: str = "") -> str:
    """Return what to change where something cannot be read; `otherwise` where it is no JSON.

    `why` is what `why_unreadable` says of it.
    """
    why = why or why_unreadable(error)
    if isinstance(error, Unreadable):
        return hints.NO_NUMBER.format(error.path or "each number")
    if isinstance(error, UnicodeError) or why == HALF_CHARACTER:
        return hints.HALF_CHARACTER if why == HALF_CHARACTER else hints.NOT_UTF8
    if why == TOO_DEEP or why.startswith("nested deeper"):
        return hints.TOO_DEEP
    return hints.TOO_LARGE if why.startswith("more keys") else otherwise


def ends_early(error: Exception) -> bool:
    """Tell whether the JSON that raised an error is right as far as it goes, and has no end."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    open_text = error.msg.startswith("Unterminated string")
    return open_text or error.pos >= len(error.doc.rstrip())


def _why_no_json(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "there is no JSON"
    open_text = error.msg.startswith("Unterminated string")
    if ends_early(error) and not open_text:
        return ENDS_EARLY.format(at=_place(error.doc, len(error.doc)))
    said = next((words for begin, words in OF_JSON if error.msg.startswith(begin)), None)
    near = error.doc[error.pos : error.pos + SHOWN].split("\n")[0]
    if said is None:
        said = "it is no JSON at {at}{near}"
    return said.format(at=_place(error.doc, error.pos + 1), near=f": {shown(near)}" if near else "")


def _place(text: str, at: int) -> str:
    """Return where the character of a number stands, from 1 on."""
    before = text[: at - 1]
    line, column = before.count("\n") + 1, at - 1 - before.rfind("\n")
    return f"character {column} of its line {line}" if "\n" in text else f"character {at}"
