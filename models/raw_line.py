"""What the raw topics hold: lines as the web servers logged them."""

from __future__ import annotations

from typing import Any

import faust


class RawLine(faust.Record, serializer="raw"):  # type: ignore[misc,call-arg]
    """One raw log line; docs/reference.md, "Line formats", says how lines are read."""

    line: bytes

    @classmethod
    def loads(cls, s: bytes, **_: Any) -> RawLine:
        """Take the line as it is."""
        return cls(line=s)

    def dumps(self, **_: Any) -> bytes:
        """Return the line as it is: a raw topic holds no JSON."""
        return self.line
