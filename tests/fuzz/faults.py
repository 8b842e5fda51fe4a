"""What a run found: exceptions that left their boundary, promises that were broken, and where."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple, ParamSpec, TypeVar

import elfaust

P = ParamSpec("P")
T = TypeVar("T")
PACKAGE = Path(elfaust.__file__).parent


class Broken(AssertionError):
    """A promise that was broken; `promise` is the same for all cases of it."""

    def __init__(self, promise: str, detail: str = "") -> None:
        super().__init__(f"{promise}: {detail}" if detail else promise)
        self.promise = promise


class TooLong(BaseException):
    """What took more CPU than it may; no `except Exception` takes it for something else."""


class Fault(NamedTuple):
    """One fault: at which step of the way, and what was raised."""

    step: str
    error: BaseException
    #: Whether the boundary of a record took it: it is elfaust's, and did no harm beside it.
    caught: bool = False

    @property
    def signature(self) -> str:
        """What is the same for all cases of one fault."""
        kind = "caught " if self.caught else ""
        if isinstance(self.error, Broken):
            return f"{kind}{self.step}: {self.error.promise}"
        place = innermost(self.error) or f"what {self.step} gave"
        return f"{kind}{type(self.error).__name__} in {place}"


class Faults:
    """Collects faults; the run goes on after each."""

    def __init__(self, cpu_seconds: float) -> None:
        self.found: list[Fault] = []
        self._cpu_seconds = cpu_seconds

    def attempt(
        self, step: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Return what a call returns, None with a fault where it raises."""
        try:
            with cpu_limit(self._cpu_seconds):
                return call(*args, **kwargs)
        except (Exception, TooLong) as error:
            self.found.append(Fault(step, error))
            return None

    def caught(self, step: str, error: BaseException) -> None:
        """Take in what the boundary of a record has caught."""
        self.found.append(Fault(step, error, caught=True))

    def promise(self, step: str, kept: bool, promise: str, detail: object = "") -> None:
        """Add a fault where a promise is not kept."""
        if not kept:
            self.found.append(Fault(step, Broken(promise, f"{detail!s:.600}")))


def innermost(error: BaseException) -> str:
    """Return the file and function of elfaust in which an error arose, "" where in none."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    if not frames:
        return ""
    return f"{Path(frames[-1].filename).relative_to(PACKAGE)} {frames[-1].name}"


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong once a block has used so many seconds of the process's CPU."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong(f"more than {seconds} s of CPU")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
