"""What is wrong now, as sentences for the top of the start page: the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from elfaust.overview.overview import ABSENT, Overview, RoleNow
from elfaust.overview.worker_said import Trouble
from elfaust.web.board import LATE, LATE_SECONDS, OLD_SECONDS, Board
from elfaust.workers.since import trouble_of

#: Names of schemas in one sentence.
MOST_NAMED = 3


class Finding(NamedTuple):
    """One thing that is wrong; `since` in Unix seconds, 0 where nobody knows."""

    #: 2: nothing goes on there; 1: something waits or is off.
    badness: int
    what: str
    #: The error in full, or what else is to be known.
    why: str = ""
    since: float = 0.0
    #: Where on the page there is more of it: a query of its address.
    more: str = ""


def findings(board: Board) -> list[Finding]:
    """Return what is wrong, the worst first."""
    found = [*_of_workers(board.overview, board.now), *_of_counts(board)]
    return sorted(found, key=lambda finding: -finding.badness)


def _of_workers(overview: Overview | None, now: float) -> Iterator[Finding]:
    if overview is None:
        yield Finding(1, "The workers have not been asked yet")
        return
    yield from _waits(overview.roles)
    for role in overview.roles:
        if role.state == ABSENT:
            yield Finding(1, f"No worker of {role.role} runs on this machine")
        for worker in role.workers:
            if worker.state == "silent":
                what = f"{role.role} (process {worker.pid}) does not answer"
                yield Finding(2, what, worker.error, worker.said)
            for held in worker.held:
                yield Finding(1, f"{role.role} holds events", held.why, held.since)
            for code, count in worker.unforeseen.items():
                what = f"{role.role} has failed on {count:,} records ({code}); its log says how"
                yield Finding(1, what)
        lag = role.lag
        if lag is not None and lag.seconds >= LATE_SECONDS:
            what = f"{role.role} is behind by {lag.events:,} records, the oldest of them"
            yield Finding(1, what, since=now - lag.seconds)
    if now - overview.looked > 2 * OLD_SECONDS:
        yield Finding(1, "The workers have not been asked for a while", since=overview.looked)


def _waits(roles: list[RoleNow]) -> Iterator[Finding]:
    """One finding for each server, whoever waits for it."""
    waiting: dict[str, dict[str, Trouble]] = {}
    for role in roles:
        for worker in role.workers:
            for wait in worker.waits_for:
                server = trouble_of(wait.why)
                by_role = waiting.setdefault(server, {})
                before = by_role.get(role.role, wait)
                by_role[role.role] = min(before, wait, key=lambda one: one.since)
    for server, by_role in waiting.items():
        first = min(by_role.values(), key=lambda one: one.since)
        why = first.why.partition(": ")[2]
        verb = "wait" if len(by_role) > 1 else "waits"
        yield Finding(2, f"{', '.join(by_role)} {verb} for {server}", why, first.since)


def _of_counts(board: Board) -> Iterator[Finding]:
    if not board.complete:
        yield Finding(1, "The counts are being read from Kafka and are not complete yet")
    elif board.read and board.now - board.read > OLD_SECONDS:
        yield Finding(1, "Kafka has not given newer counts", since=board.read)
    # Of a schema that is late its role is.
    wrong = sorted(
        (schema for schema in board.known if schema.badness > LATE),
        key=lambda schema: -schema.badness,
    )
    if wrong:
        names = [f"{s.schema} {s.revision}: {s.wrong[0].what}" for s in wrong[:MOST_NAMED]]
        more = [f"{len(wrong) - MOST_NAMED} more"] if len(wrong) > MOST_NAMED else []
        one = f"{len(wrong)} schema revision" + ("s need" if len(wrong) > 1 else " needs")
        yield Finding(1, f"{one} a look", "; ".join(names + more), more="?show=wrong")
