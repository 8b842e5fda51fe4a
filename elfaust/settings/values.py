"""What the text of a setting may be, and the value that it stands for."""

from __future__ import annotations

import dataclasses
import re
import string
from typing import Any

Item = dataclasses.Field[Any]

#: What a text must be: a pattern of the whole, its `{fields}` taken for a letter, and its name.
TOPIC = (r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,249}", "of letters, digits, '.', '_' and '-' alone")
WORD = (r"[^\s'\"#;]+", "without spaces, quotes, '#' and ';'")
#: A folder that HDFS can have, so without a colon, and what is no quoted text and no comment.
_FOLDER = r"(?!\.\.?(/|\Z))[^/:'\"#;]+"
_WITHOUT = "path without '..', ':', quotes, '#' and ';'"
ABSOLUTE = (rf"(/{_FOLDER})+/?", f"an absolute {_WITHOUT}")
RELATIVE = (rf"({_FOLDER}/)*{_FOLDER}", f"a relative {_WITHOUT}")
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s,;:/?#@\[\]]+)"
_PORT = r"0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_BROKER = f"{_HOST}:{_PORT}"
BROKERS = (rf"{_BROKER}(\s*,\s*{_BROKER})*", "host:port, comma separated")
_URL = rf"https?://{_HOST}(:{_PORT})?(/[^\s;]*)?"
URL = (_URL, "http://host:port/path or https://")
URLS = (rf"{_URL}(;{_URL})*", "http://host:port or https://, those of several NameNodes by ';'")
#: The largest numbers, where a setting does not say another: seconds that are milliseconds in 32
#: bits, and bytes that a machine may have.
MOST_SECONDS, MOST_WHOLE = 1_000_000, 10**12

WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def convert(item: Item, text: str) -> Any:
    """Return the value that `text` stands for, of the type of the setting's default.

    Raises ValueError if it is none; `wanted` says what would be one.
    """
    if isinstance(item.default, bool):
        try:
            return WORDS[text.strip().lower()]
        except KeyError:
            raise ValueError(text) from None
    if isinstance(item.default, int | float):
        return _bounded(item, type(item.default)(text))
    _check_text(item, text)
    return text


def wanted(item: Item) -> str:
    """Say what the text of a setting must be, as in "a whole number from 1 to 65535"."""
    if isinstance(item.default, bool):
        return "true or false"
    if isinstance(item.default, int | float):
        kind = "a whole number" if isinstance(item.default, int) else "a number"
        return f"{kind} {_range(item)}"
    if choices := item.metadata.get("choices"):
        return f"one of {', '.join(choices)}"
    of = f", {item.metadata['pattern'][1]}" if "pattern" in item.metadata else ""
    if fields := item.metadata.get("fields"):
        return f"a text with {', '.join(f'{{{name}}}' for name in fields)} once each{of}"
    return f"a text on one line{'' if item.default == '' else ', not empty'}{of}"


def _bounded(item: Item, number: float) -> float:
    least = item.metadata.get("least")
    enough = number > 0 if least is None else number >= least
    if not (enough and number <= _most(item)):
        raise ValueError(number)
    return number


def _most(item: Item) -> float:
    usual = MOST_WHOLE if isinstance(item.default, int) else MOST_SECONDS
    most: float = item.metadata.get("most", usual)
    return most


def _range(item: Item) -> str:
    least, most = item.metadata.get("least"), _most(item)
    return f"above 0, at most {most}" if least is None else f"from {least} to {most}"


def _check_text(item: Item, text: str) -> None:
    # An empty stack.dir would be the current folder: only what is empty by default may be.
    if any(ord(char) < 32 for char in text) or (not text.strip() and item.default != ""):
        raise ValueError(text)
    if (choices := item.metadata.get("choices")) and text not in choices:
        raise ValueError(text)
    if fields := item.metadata.get("fields"):
        parts = list(string.Formatter().parse(text))
        found = [name for _, name, *_ in parts if name is not None]
        if sorted(found) != sorted(fields) or any(spec or conv for *_, spec, conv in parts):
            raise ValueError(text)
    if text and (pattern := item.metadata.get("pattern")):
        plain = re.sub(r"\{[a-z]+\}", "x", text)
        if not re.fullmatch(pattern[0], plain):
            raise ValueError(text)
