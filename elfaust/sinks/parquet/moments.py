"""The time of an event as its column `dt` has it: ISO 8601 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from elfaust.times import iso8601

#: A time in UTC, as the pipeline writes it; the day is looked at apart.
MOMENT = r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?$"


def moments(sent: Any, timestamps: Any) -> Any:
    """Return `dt`, made of the timestamp where there is none; raises as `moment`, and oftener."""
    if sent.null_count or pc.any(pc.equal(sent, "")).as_py():
        pairs = zip(sent.to_pylist(), timestamps.to_pylist(), strict=True)
        sent = pa.chunked_array([[moment(*pair) for pair in pairs]], pa.string())
    if not pc.all(pc.match_substring_regex(sent, MOMENT)).as_py():
        raise ValueError("a time that needs a closer look")
    for hour in pc.unique(pc.utf8_slice_codeunits(sent, 0, 13)).to_pylist():
        datetime.fromisoformat(hour)
    return sent


def moment(sent: Any, timestamp: Any) -> str:
    """Return the time of an event in UTC; raises ValueError or TypeError for what is no time."""
    if not sent:
        sent = iso8601(timestamp)
    parsed = datetime.fromisoformat(sent)
    if re.match(MOMENT, sent):
        return str(sent)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).isoformat().replace("+00:00", "Z")
