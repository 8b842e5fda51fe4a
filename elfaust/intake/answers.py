"""The answers of the intake, and what becomes of each event of a request."""

from __future__ import annotations

from typing import Any

from aiohttp import hdrs, web

from elfaust.intake.taking import Outcome

#: Seconds for which a client may wait before it tries again.
RETRY = "5"
TOO_LONG = "longer than a record of the raw topic"


def said(status: int, why: str) -> web.Response:
    """Return the answer to a request of which nothing was taken."""
    return web.json_response({"error": why}, status=status)


def away() -> web.Response:
    """Return the answer where nothing is taken, or nobody knows what was."""
    answer = said(503, "events are not taken now, try again")
    answer.headers[hdrs.RETRY_AFTER] = RETRY
    return answer


def too_slow() -> web.Response:
    """Return the answer to a request that has not come in time, whose connection ends."""
    answer = said(408, "the request has not come in time")
    answer.force_close()
    return answer


def invalid(index: int, why: str) -> dict[str, Any]:
    """Return the outcome of an event that cannot be taken."""
    return {"index": index, "status": Outcome.TOO_LONG.value, "why": why}


def outcome(index: int, of: Outcome) -> dict[str, Any]:
    """Return the outcome of an event whose line was to be taken."""
    if of is Outcome.TOO_LONG:
        return invalid(index, TOO_LONG)
    if of is Outcome.AWAY:
        return {"index": index, "status": of.value, "why": "it cannot be taken now"}
    return {"index": index, "status": of.value}


def of_each(outcomes: list[dict[str, Any]]) -> web.Response:
    """Return the answer to a request by what has become of its events."""
    kinds = {outcome["status"] for outcome in outcomes}
    alone = {"success": 201, "hasty": 202, "invalid": 400, "error": 503}
    if kinds == {"invalid", "error"}:
        status = 503
    else:
        status = alone[kinds.pop()] if len(kinds) == 1 else 207
    answer = web.json_response({"events": outcomes}, status=status)
    if status == 503:
        answer.headers[hdrs.RETRY_AFTER] = RETRY
    return answer
