"""What a check says, and what a subject is: a server, or this machine's own files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from elfaust.settings import Settings

Outcome = Literal["ok", "warn", "fail"]
#: From good to bad; `warn` can run, `fail` cannot.
OUTCOMES: tuple[Outcome, ...] = ("ok", "warn", "fail")
#: Seconds to wait for one answer of a server.
ANSWER_SECONDS = 5.0
#: Seconds by which clocks differ that put some events, or nearly all, into the wrong hour.
APART_WARN, APART_FAIL = 2.0, 60.0


class Check(NamedTuple):
    """One check: its name, the outcome, what was seen, and the cure where it is not ok."""

    name: str
    outcome: Outcome
    detail: str
    cure: str = ""


class Subject(NamedTuple):
    """What is examined independently of everything else."""

    #: The name of its first check. If it fails, the others are not made.
    name: str
    #: The names of the checks after the first.
    others: tuple[str, ...]
    #: Yields the checks. Raises ServerAway when the server does not answer.
    checks: Callable[[Settings], Iterator[Check]]
    #: The cure where it does not answer.
    cure: str


def worst(checks: Iterable[Check]) -> Outcome:
    """Return the worst outcome of the checks; ok where there are none."""
    return max((check.outcome for check in checks), key=OUTCOMES.index, default="ok")


def clock(name: str, here: tuple[float, float], there: float, step: float = 0.0) -> Check:
    """Compare a server's clock with this machine's.

    `there` is the server's time, rounded down to a multiple of `step`, and `here` this machine's
    time before and after it was asked; all in seconds since the epoch.
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
