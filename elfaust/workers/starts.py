"""How often a worker has begun lately: a file in the state folder, a line for each start.

A line is the time of a start, Unix seconds, and, once that worker has ended because a server was
away, a blank and what it said of that. Whoever begins then was started again for no fault of ours.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from elfaust.settings import Settings, state_folder

log = logging.getLogger(__name__)

#: How far back starts are counted, seconds.
LATELY = 3600.0
#: Starts that are kept of a worker.
KEPT = 100


class Start(NamedTuple):
    """A start of a worker, Unix seconds, and why that worker ended if a server was away."""

    at: float
    away: str = ""


def note(settings: Settings, role: str, port: int) -> None:
    """Note that the worker with this web port begins now.

    A disk that does not take it is only told of: the worker works without.
    """
    file = _file(settings, role, port)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, [*_starts(file), Start(time.time())][-KEPT:])
    except OSError as error:
        log.warning("How often this worker has begun is not known: %s", error)


def note_away(settings: Settings, role: str, port: int, why: str) -> None:
    """Note that this worker, which has begun last, ends because a server is away."""
    file = _file(settings, role, port)
    with suppress(OSError):
        if starts := _starts(file):
            _write(file, [*starts[:-1], starts[-1]._replace(away=" ".join(why.split()))])


def lately(settings: Settings, role: str, port: int) -> int:
    """Return how often the worker with this web port has begun within the last hour.

    Not those starts that followed an end because a server was away.
    """
    since = time.time() - LATELY
    starts = _starts(_file(settings, role, port))
    before = ["", *(start.away for start in starts)]
    return sum(start.at > since and not away for start, away in zip(starts, before, strict=False))


def away(settings: Settings, role: str, port: int, ended: bool = False) -> str:
    """Return which server was away, so that the worker with this web port began again; else "".

    `ended` asks for the worker that has ended, not for the one that runs.
    """
    starts = _starts(_file(settings, role, port))
    if not ended:
        starts = starts[:-1]
    return starts[-1].away if starts and starts[-1].at > time.time() - LATELY else ""


def _file(settings: Settings, role: str, port: int) -> Path:
    return state_folder(settings) / "starts" / f"{role}-{port}"


def _write(file: Path, starts: Iterable[Start]) -> None:
    temporary = file.with_suffix(".tmp")
    temporary.write_text("".join(f"{at:.3f} {why}".rstrip() + "\n" for at, why in starts))
    temporary.replace(file)


def _starts(file: Path) -> list[Start]:
    try:
        lines = [line.partition(" ") for line in file.read_text().splitlines()]
        return [Start(float(at), why) for at, _, why in lines]
    except (OSError, ValueError):
        return []
