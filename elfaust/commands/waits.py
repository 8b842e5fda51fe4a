"""Tells on stderr what the workers of this machine wait for, and when that came back."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import NamedTuple

from elfaust.commands.options import span
from elfaust.overview.look import look
from elfaust.overview.overview import ABSENT, Overview
from elfaust.settings import Settings

#: Seconds between two looks.
LOOK_SECONDS = 2.0
#: A wait that is over within this many seconds is not told: each worker waits as it begins.
SHORT_SECONDS = 5.0
#: States of roles that do not say what they wait for.
SAYING_NOTHING = ("silent", "starting", ABSENT)
#: What is waited for, at the beginning of why.
SUBJECT = re.compile(r"(.+?)(?: is not available)?(?:, its (?:schema's )?events wait)?: ")


class _Told(NamedTuple):
    verb: str
    subject: str


class _Wait(NamedTuple):
    roles: set[str]
    #: Unix seconds.
    since: float
    why: str


class Waits:
    """What was told, so that each wait is told once, and its end."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._told: dict[_Told, _Wait] = {}

    def lines(self, overview: Overview) -> list[str]:
        """Return a line for each wait that was not told yet, and for each that is over."""
        found: dict[_Told, _Wait] = {}
        for role in overview.roles:
            for verb, name in (("waits for", "waits_for"), ("holds", "held")):
                for trouble in (t for worker in role.workers for t in getattr(worker, name)):
                    told = _Told(verb, subject(trouble.why))
                    before = found.get(told, _Wait(set(), trouble.since, ""))
                    roles, since = {*before.roles, role.role}, min(before.since, trouble.since)
                    found[told] = _Wait(roles, since, trouble.why)
        # Of a worker that says nothing now nobody knows that its wait is over.
        unknown = {role.role for role in overview.roles if role.state in SAYING_NOTHING}
        return [*self._begun(found), *self._over(found, unknown)]

    def _begun(self, found: Mapping[_Told, _Wait]) -> Iterator[str]:
        for told, (roles, since, why) in found.items():
            before = self._told.get(told, _Wait(set(), since, why))
            new = roles - before.roles
            if new and self._clock() - since >= SHORT_SECONDS:
                self._told[told] = _Wait(before.roles | new, min(before.since, since), why)
                yield f"{', '.join(sorted(new))} {told.verb} {_short(why)}"

    def _over(self, found: Mapping[_Told, _Wait], unknown: Collection[str]) -> Iterator[str]:
        for told in self._told.keys() - found.keys():
            if self._told[told].roles & set(unknown):
                continue
            roles, since, _ = self._told.pop(told)
            names, after = ", ".join(sorted(roles)), f"after {span(self._clock() - since)}"
            if told.verb == "holds":
                yield f"{names} no longer holds {told.subject}, {after}"
            else:
                yield f"{told.subject} is back for {names} {after}"


def subject(why: str) -> str:
    """Return what is waited for, without what it says: that may change while it lasts."""
    found = SUBJECT.match(why)
    return found[1] if found else why


def _short(why: str) -> str:
    return " ".join(why.replace(" is not available: ", ": ", 1).split())


@contextmanager
def telling_waits(settings: Settings) -> Iterator[None]:
    """Tell in the background, until the block ends."""
    over, waits = Event(), Waits()

    def tell() -> None:
        while not over.wait(LOOK_SECONDS):
            for line in waits.lines(asyncio.run(look(settings))):
                # Not click.echo, which would write into a live table.
                print(line, file=sys.stderr)

    thread = Thread(target=tell, name="waits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(LOOK_SECONDS)
