"""Lines as they never came: recorded ones, changed at random from a seed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from elfaust.trial.recorded import recorded_lines

#: Values that go wrong somewhere.
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.0, 1.5, -0.0, 1e308, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64,
    10**30, -(2**63) - 1, "", "1", "true", "x" * 2000, "\0", "\u00e9", "\U0001f600", "a\tb", "%",
    "+", [], [1], ["a", None], [[]], {}, {"a": 1}, {"event": {}},
]  # fmt: skip
#: JSON that only a text can hold.
TEXTS = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "01", "1.", ".5", "+1", "0x1", "'a'",
    '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\x41"', "[1,]",
    '{"a":1,"a":2}', "9" * 25, "9" * 5000, "1e30", "[" * 45 + "]" * 45, "true false", "",
]  # fmt: skip
#: What only server-side lines have before their JSON.
SERVER = b" EventLogging "
BYTES = [
    b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"\0", b"\t", b" ", b"%", b"%2", b"%zz",
    b"%00", b"%FF", b"%ED%A0%80", b"%EF%BB%BF", b"+", b";", b"?", b"\r", b"\xc2\xa0",
    b"\xe2\x80\xa8",
]  # fmt: skip


def generated_lines(count: int, seed: int = 1, recorded: Sequence[bytes] = ()) -> Iterator[bytes]:
    """Yield `count` lines, one in ten as it was recorded: client-side ones, or those given."""
    of = random.Random(seed)
    recorded = recorded or [line for kind, line in recorded_lines(4_000) if kind == "client"]
    changes = [change_value, change_key, change_text, change_bytes, change_bytes, change_line]
    for _ in range(count):
        line = of.choice(recorded)
        for _ in range(of.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3))):
            line = of.choice(changes)(line, of)
        yield line


def _edited(line: bytes, edit: Callable[[dict[str, Any]], str]) -> bytes:
    """Return a line with its JSON changed by `edit`; one without JSON as it is."""
    if SERVER in line:
        return _edited_object(line, edit)
    query, tab, rest = line.partition(b"\t")
    try:
        capsule = json.loads(_unquote(query))
        text = edit(capsule) if isinstance(capsule, dict) else ""
        encoded = quote(text, safe="!'()*,-./:;=@_~").replace(";", "%3B")
    except (ValueError, UnicodeEncodeError, RecursionError):
        return line
    return b"?" + encoded.encode() + b";" + tab + rest if text else line


def _edited_object(line: bytes, edit: Callable[[dict[str, Any]], str]) -> bytes:
    """Return a server-side line with its JSON changed, escaped where that is of even length."""
    number, word, text = line.partition(SERVER)
    try:
        capsule = json.loads(text)
        changed = edit(capsule) if isinstance(capsule, dict) else ""
        changed = re.sub(r"(?<=[,:]) ", "", changed)
        if len(changed) % 2 == 0:
            changed = "".join(of if of.isascii() else json.dumps(of)[1:-1] for of in changed)
        return number + word + (changed.encode() or text)
    except (ValueError, RecursionError):
        return line


def _unquote(query: bytes) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(query.strip(b"?;").decode())


def _dumps(capsule: dict[str, Any]) -> str:
    return json.dumps(capsule, ensure_ascii=False)


def _place(capsule: dict[str, Any], of: random.Random) -> tuple[dict[str, Any], str]:
    """Return an object of a capsule and one of its keys."""
    event = capsule.get("event")
    holder = event if isinstance(event, dict) and event and of.random() < 0.7 else capsule
    return holder, of.choice(list(holder) or ["event"])


def change_value(line: bytes, of: random.Random) -> bytes:
    """Give a property another value."""

    def edit(capsule: dict[str, Any]) -> str:
        holder, key = _place(capsule, of)
        holder[key] = of.choice(VALUES)
        return _dumps(capsule)

    return _edited(line, edit)


def change_key(line: bytes, of: random.Random) -> bytes:
    """Remove, rename or add a property."""
    names = ["a", "event", "schema", "revision", "dt", "timestamp", "seqId", "recvFrom", "ip", ""]

    def edit(capsule: dict[str, Any]) -> str:
        holder, key = _place(capsule, of)
        value = holder.pop(key, None)
        if of.random() < 0.6:
            holder[of.choice(names)] = of.choice([value, *VALUES])
        return _dumps(capsule)

    return _edited(line, edit)


def change_text(line: bytes, of: random.Random) -> bytes:
    """Put into the place of a value what only a text can hold."""

    def edit(capsule: dict[str, Any]) -> str:
        holder, key = _place(capsule, of)
        holder[key] = "@mark@"
        return _dumps(capsule).replace('"@mark@"', of.choice(TEXTS), 1)

    return _edited(line, edit)


def change_bytes(line: bytes, of: random.Random) -> bytes:
    """Put in, take out or double bytes anywhere."""
    at = of.randrange(len(line) + 1)
    until = min(len(line), at + of.choice((0, 1, 1, 3, 20)))
    return line[:at] + of.choice((b"", *BYTES, line[at:until] * 2)) + line[until:]


def change_line(line: bytes, of: random.Random) -> bytes:
    """Leave out, double or exchange fields of the line."""
    tab = b" " if SERVER in line else b"\t"
    fields = line.split(tab)
    at, other = of.randrange(len(fields)), of.randrange(len(fields))
    match of.randrange(4):
        case 0:
            del fields[at]
        case 1:
            fields.insert(at, fields[other])
        case 2:
            fields[at], fields[other] = fields[other], fields[at]
        case _:
            fields[at] = of.choice((b"", b"-", b"0", b"99999999999999999999", *BYTES))
    return tab.join(fields)
