"""Workers for the length of a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from elfaust.settings import Settings
from elfaust.supervisor import Supervisor
from elfaust.workers import ROLES


@contextmanager
def working(
    settings: Settings, program: str = "elfaust", **counts: int
) -> Iterator[dict[str, int]]:
    """Run workers, one of each role unless said otherwise, until the block ends.

    What it yields has then the exit code of each worker.
    """
    supervisor = Supervisor(settings, dict.fromkeys(ROLES, 1) | counts, program)
    over = threading.Event()

    def keep() -> None:
        while not over.wait(0.05):
            supervisor.tick()

    keeping = threading.Thread(target=keep)
    supervisor.start()
    keeping.start()
    codes: dict[str, int] = {}
    try:
        yield codes
    finally:
        over.set()
        keeping.join()
        codes.update(supervisor.stop())
