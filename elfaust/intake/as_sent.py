"""JSON whose numbers are written as they were sent, also where none of Python's is the same.

An event with a number that no store holds is to be told with its place, as a beacon's is, and is
no reason to refuse the events beside it; nor is one that is nested without end.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

#: What stands around such a number in a text; nobody outside knows it.
_MARK = secrets.token_hex(12)
#: What stands in place of what is nested deeper than this.
_DEEP, MOST_DEEP = f"deep{_MARK}", 200
_MARKED = re.compile(rf'"{_MARK}([^"]*)"')
#: Digits, or a power of ten, beyond which Python has no such number; shorter ones are plain.
_LONG = re.compile(r"(?<![0-9])[0-9]{200}|[0-9][eE]\+?[0-9]{3}")
#: A text of JSON, which may have no end, or a bracket.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def loads(text: str) -> Any:
    """Return the value of JSON. Raises ValueError, and RecursionError for one event too deep."""
    try:
        return _loads(text)
    except RecursionError:
        return _loads(_cut(text))


def dumps(value: Any) -> str:
    """Return the JSON of what `loads` has returned. Raises RecursionError for what is too deep."""
    text = json.dumps(value, separators=(",", ":"))
    if _MARK not in text:
        return text
    if _DEEP in text:
        raise RecursionError
    return _MARKED.sub(r"\1", text)


def _loads(text: str) -> Any:
    if not _LONG.search(text):
        return json.loads(text)
    return json.loads(text, parse_int=_int, parse_float=_float)


def _int(sent: str) -> int | str:
    return int(sent) if len(sent) < 200 else f"{_MARK}{sent}"


def _float(sent: str) -> float | str:
    number = float(sent)
    return f"{_MARK}{sent}" if number in (float("inf"), -float("inf")) else number


def _cut(text: str) -> str:
    """Return JSON without what is nested too deep, which is no longer looked at."""
    kept, depth, at = list[str](), 0, 0
    for found in _TOKEN.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth == MOST_DEEP + 1:
                kept.append(f'{text[at : found.start()]}"{_DEEP}"')
        elif found[0] in ("]", "}"):
            depth -= 1
            if depth == MOST_DEEP:
                at = found.end()
    return "".join(kept) + (text[at:] if depth <= MOST_DEEP else "")
