"""The start page as JSON: the counts (elfaust/counts/view.py) and what the page has beside them.

{... the counts, and in each of "schemas":
     "known": bool, "needs_a_look": [what is wrong], "hour_valid": int, "hour_errors": int,
 "findings": [{"what": str, "why": str, "since": time or null, "level": "warning|critical"}],
 "hour": {"start": time, "valid": [int of each minute], "errors": [the same]},
 "overview": elfaust/overview/overview.py, or null until the workers were asked}
"""

from __future__ import annotations

from typing import Any

from elfaust.counts.view import View
from elfaust.times import iso8601
from elfaust.web.board import Board
from elfaust.web.findings import findings

LEVELS = {1: "warning", 2: "critical"}


def as_json(view: View, board: Board) -> dict[str, Any]:
    """Return the JSON that this module's docstring describes."""
    found = view.as_json()
    for row, schema in zip(found["schemas"], board.schemas, strict=True):
        row["known"] = schema.is_known
        row["needs_a_look"] = [wrong.what for wrong in schema.wrong]
        row["hour_valid"], row["hour_errors"] = schema.hour_valid, schema.hour_errors
    return found | {
        "findings": [
            {
                "what": finding.what,
                "why": finding.why,
                "since": iso8601(int(finding.since)) if finding.since else None,
                "level": LEVELS[finding.badness],
            }
            for finding in findings(board)
        ],
        "hour": {
            "start": iso8601(board.hour_start),
            "valid": list(board.hour_valid),
            "errors": list(board.hour_errors),
        },
        "overview": board.overview.as_json() if board.overview else None,
    }
