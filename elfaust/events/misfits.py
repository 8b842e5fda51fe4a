"""Why a raw line is not of its format: the first field of the format that it does not have."""

from __future__ import annotations

import re
from typing import NamedTuple

from elfaust.events.wording import SHOWN
from elfaust.words import hints
from elfaust.words.causes import shown

#: A line of pretty-printed JSON, or a whole object.
JSON_PIECE = re.compile(r'\s*(?:[{}\[\]]|"(?:[^"\\]|\\.)*"\s*(?:[:,]|$))')


class Part(NamedTuple):
    """A part of a line format: its regular expression, and what it stands for, in words."""

    pattern: str
    words: str


class Misfit(NamedTuple):
    """Why a line is not of a format, and what to change."""

    message: str
    hint: str


def misfit(line_format: str, parts: list[Part], text: str, hint: str) -> Misfit:
    """Return why a text is not of a format, whose `parts` together do not match it.

    `hint` is how lines of the format are sent.
    """
    if not text.strip():
        return Misfit("the line is empty", "Send no empty lines.")
    if JSON_PIECE.match(text) and not parts[0].pattern.startswith("{"):
        return Misfit(f"the line is JSON, or a piece of it, and not of the format {line_format}",
                      f"{hint} {hints.PLAIN_JSON}")  # fmt: skip
    end = 0
    missing = parts[-1]
    for number, part in enumerate(parts, 1):
        match = re.match("".join(one.pattern for one in parts[:number]), text)
        if match is None:
            missing = part
            break
        end = match.end()
    there = text[end : end + SHOWN]
    place = f"where {shown(there)} stands" if there.strip() else "at the end of the line"
    return Misfit(f"the line is not of the format {line_format}: {missing.words} is missing, "
                  f"{place}", hint)  # fmt: skip
