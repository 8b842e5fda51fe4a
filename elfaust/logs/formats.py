"""A record of the log as text, or as one JSON object a line; masked, and never longer than 8 kB.

The JSON of a record; what it does not know it leaves out:

    {"time": ISO 8601 with milliseconds, UTC, "level": str, "role": str, "worker": pid,
     "logger": str, "message": str, "topic": str, "lane": int, "offset": int, "schema": str,
     "exception": traceback}
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from datetime import UTC, datetime

import orjson

from elfaust.logs.masking import masked

#: Longest line of JSON, or text of a record, bytes.
LONGEST = 8_192
#: Longest name in it, bytes.
NAME = 300
#: What a call of `logging` may say in `extra` of what its message is about.
ABOUT = ("topic", "lane", "offset", "schema")
#: What moves a terminal's cursor, colours it or turns a line round; a tab and a line's end do not.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
#: Only a record begins with a bracket.
_AS_A_RECORD = re.compile(r"\n(?=\[)")
TEXT = "[%(asctime)s] [%(process)s] [%(levelname)s]: %(message)s"


class TextFormat(logging.Formatter):
    """Text for people, in which a traceback has its lines.

    What comes from elsewhere can neither look like a record nor control a terminal.
    """

    def __init__(self, known: Collection[str] = ()) -> None:
        """`known` are addresses that are not masked."""
        super().__init__(TEXT)
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record; of one that is too long the middle is left out."""
        # Shortened first: somebody may have sent a text on which a search takes long.
        text = masked(shortened(super().format(record), LONGEST), self._known)
        text = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
        return shortened(_AS_A_RECORD.sub("\n ", text), LONGEST)


class JsonFormat(logging.Formatter):
    """One JSON object a line, for whoever collects logs."""

    def __init__(self, role: str, known: Collection[str] = ()) -> None:
        super().__init__()
        self._role = role
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        shown: dict[str, object] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "role": self._role,
            "worker": record.process,
            "logger": record.name,
            "message": self._text(record.getMessage()),
        }
        about = {name: value for name, value in vars(record).items() if name in ABOUT}
        shown |= {
            name: value if isinstance(value, int) else self._text(shortened(str(value), NAME))
            for name, value in about.items()
        }
        if record.exc_info:
            shown["exception"] = self._text(self.formatException(record.exc_info))
        return _line(shown)

    def _text(self, text: str) -> str:
        return masked(shortened(text, LONGEST), self._known)


def _line(shown: dict[str, object]) -> str:
    """Return an object as a line; escapes make a text up to six times as long as it is."""
    most = LONGEST
    while len(line := orjson.dumps(shown, default=str)) > LONGEST:
        most //= 2
        for name in ("message", "exception"):
            if name in shown:
                shown[name] = shortened(str(shown[name]), most)
    return line.decode()


def shortened(text: str, most: int) -> str:
    """Return at most so many bytes of a text as UTF-8: its beginning and its end."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    note = f" ... {len(data) - most} bytes and more left out ... "
    head, tail = (most - len(note)) // 4, (most - len(note)) * 3 // 4
    return f"{data[:head].decode(errors='ignore')}{note}{data[-tail:].decode(errors='ignore')}"
