"""What a check says, and what is examined: a server, or what is on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

import requests

from elfaust.settings import Settings

Outcome = Literal["ok", "warn", "fail"]
#: From good to bad.
OUTCOMES: tuple[Outcome, ...] = ("ok", "warn", "fail")
#: Longest wait for one answer of a server, seconds.
ANSWER_SECONDS = 5.0
#: Clocks further apart than this, seconds, put events into wrong hours now and then, or for sure.
APART_WARN, APART_FAIL = 2.0, 60.0


class Check(NamedTuple):
    """One check: its name, how it went, what was seen, and what to do unless it is ok."""

    name: str
    outcome: Outcome
    detail: str
    cure: str = ""


class Subject(NamedTuple):
    """What is examined by itself."""

    #: Name of its first check, the one without which there are no others.
    name: str
    #: Names of the checks that come after it.
    others: tuple[str, ...]
    #: Yields the checks; raises ServerAway when the server does not answer.
    checks: Callable[[Settings], Iterator[Check]]
    #: What to do when it does not answer.
    cure: str


def worst(checks: Iterable[Check]) -> Outcome:
    """Return the worst outcome of some checks, ok of none."""
    return max((check.outcome for check in checks), key=OUTCOMES.index, default="ok")


def why(error: requests.RequestException) -> str:
    """Say in a few words why an HTTP request failed; requests itself takes three lines."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if error.response is not None:
        return f"answers {error.response.status_code} {error.response.reason}"
    cause = error.args[0] if error.args else error
    return str(getattr(cause, "reason", cause)).rpartition(": ")[2]


def clock(name: str, here: tuple[float, float], there: float, step: float = 0.0) -> Check:
    """Compare a server's clock with this machine's.

    `there` is what the server said, rounded down to a multiple of `step`, and `here` this machine's
    time before and after; all in seconds since the epoch.
    """
    before, after = here
    ahead, behind = there - after, before - (there + step)
    apart = max(ahead, behind, 0.0)
    if apart <= APART_WARN:
        return Check(name, "ok", f"at most {APART_WARN:g} s from this machine's")
    outcome: Outcome = "fail" if apart > APART_FAIL else "warn"
    way = "ahead of" if ahead > behind else "behind"
    detail = f"{apart:.1f} s {way} this machine's"
    return Check(name, outcome, detail, "have both machines set their clocks by NTP")
