"""Examines all subjects at the same time, so that a server that hangs delays no other check."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from elfaust.checks import Check, Subject
from elfaust.doctor import charts, hive, kafka, local
from elfaust.errors import ServerAway
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores

#: Seconds to wait for a check after the one before it.
CHECK_SECONDS = 10.0


def examine(settings: Settings) -> list[Check]:
    """Return all checks. A subject that is away, hangs or breaks is a check that fails."""
    return examine_all(
        settings,
        [
            local.machine(settings),
            local.schemas(settings),
            kafka.subject(settings),
            *charts.subjects(settings),
            *hive.subjects(settings),
            *(store.checks() for store in enabled_stores(settings).values()),
        ],
    )


def examine_all(
    settings: Settings, subjects: Sequence[Subject], seconds: float = CHECK_SECONDS
) -> list[Check]:
    """Return the checks of the subjects in their order; each check may take `seconds`."""
    runs = [_Run(subject, settings, seconds) for subject in subjects]
    return [check for run in runs for check in run.collect()]


class _Run:
    """A subject under examination, in a thread of its own."""

    def __init__(self, subject: Subject, settings: Settings, seconds: float) -> None:
        self._subject = subject
        self._settings = settings
        self._seconds = seconds
        self._latest = monotonic()
        self._said: SimpleQueue[tuple[float, Check | None]] = SimpleQueue()
        # A daemon: a library that hangs must not keep the command from ending.
        Thread(target=self._work, name=f"doctor-{subject.name}", daemon=True).start()

    def _work(self) -> None:
        try:
            for check in self._subject.checks(self._settings):
                self._say(check)
        except ServerAway as error:
            self._say(self._failed(error.detail))
        except Exception as error:
            self._say(self._failed(f"{type(error).__name__}: {error}"))
        self._say(None)

    def _say(self, check: Check | None) -> None:
        self._said.put((monotonic(), check))

    def _failed(self, detail: str) -> Check:
        return Check(self._subject.name, "fail", " ".join(detail.split()), self._subject.cure)

    def collect(self) -> list[Check]:
        """Wait for the checks and return them.

        If the last one failed, its detail names the checks that could not be made after it.
        """
        checks: list[Check] = []
        try:
            while (check := self._next()) is not None:
                checks.append(check)
        except Empty:
            checks.append(self._failed(f"no answer within {self._seconds:g} s"))
        done = {check.name for check in checks}
        left = [name for name in self._subject.others if name not in done]
        if left and checks and checks[-1].outcome == "fail":
            detail = f"{checks[-1].detail}; not checked: {', '.join(left)}"
            checks[-1] = checks[-1]._replace(detail=detail)
        return checks

    def _next(self) -> Check | None:
        wait = self._latest + self._seconds - monotonic()
        self._latest, check = self._said.get(timeout=max(0.0, wait))
        return check
