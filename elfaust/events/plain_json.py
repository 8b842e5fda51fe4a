"""Events as plain JSON, one a line: as a developer writes them, or as a topic holds them."""

from __future__ import annotations

import json
import time
from typing import Any

from elfaust.errors import EventFault
from elfaust.events.lines import guess_schema
from elfaust.events.wording import cure, ends_early, why_unreadable
from elfaust.json_text import Unreadable, decode_json
from elfaust.times import iso8601
from elfaust.words.causes import kind_of

HINT = "Write the event as one JSON object."
NO_END = "Write all of the event: it was cut, or a quote or bracket that closes it is missing."


class PlainJsonParser:
    """Parses plain events; what only a raw line would tell is made up where it is missing.

    That is the host (`localhost`), the number (one more than that of the event before) and the
    time (now): they make the uuid and have no part in the verdict.
    """

    def __init__(self, max_keys: int) -> None:
        self._max_keys = max_keys
        self._number = 0

    def example(self, capsule: dict[str, Any]) -> bytes:
        """Return a capsule as a line."""
        return json.dumps(capsule).encode()

    def parse(self, line: bytes) -> dict[str, Any]:
        """Return the capsule of a line.

        Raises EventFault, code `processor`, for what is no JSON object.
        """
        self._number += 1
        try:
            capsule = decode_json(line, self._max_keys)
            if not isinstance(capsule, dict):
                raise ValueError(f"the event is {kind_of(capsule)}, not an object")
        except (ValueError, RecursionError) as error:
            path = error.path if isinstance(error, Unreadable) else ""
            hint = cure(error, NO_END if ends_early(error) else HINT)
            message, cause = repr(error), why_unreadable(error)
            raise EventFault(
                "processor", message, *guess_schema(line), path, hint, cause
            ) from error
        made_up = {"recvFrom": "localhost", "seqId": self._number}
        if "dt" not in capsule and "timestamp" not in capsule:
            made_up["dt"] = iso8601(int(time.time()))
        return made_up | capsule
