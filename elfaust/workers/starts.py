"""How often a worker has begun lately: a file in the state folder, a line for each start."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from elfaust.settings import Settings, state_folder

log = logging.getLogger(__name__)

#: How far back starts are counted, seconds.
LATELY = 3600.0
#: Starts that are kept of a worker.
KEPT = 100


def note(settings: Settings, role: str, port: int) -> None:
    """Note that the worker with this web port begins now.

    A disk that does not take it is only told of: the worker works without.
    """
    file = _file(settings, role, port)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        starts = [*_starts(file), time.time()][-KEPT:]
        temporary = file.with_suffix(".tmp")
        temporary.write_text("".join(f"{start:.3f}\n" for start in starts))
        temporary.replace(file)
    except OSError as error:
        log.warning("How often this worker has begun is not known: %s", error)


def lately(settings: Settings, role: str, port: int) -> int:
    """Return how often the worker with this web port has begun within the last hour."""
    since = time.time() - LATELY
    return sum(start > since for start in _starts(_file(settings, role, port)))


def _file(settings: Settings, role: str, port: int) -> Path:
    return state_folder(settings) / "starts" / f"{role}-{port}"


def _starts(file: Path) -> list[float]:
    try:
        return [float(line) for line in file.read_text().split()]
    except (OSError, ValueError):
        return []
