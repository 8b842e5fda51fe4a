"""Workers for the length of a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from elfaust.roles import DEFAULT_STORES
from elfaust.roles import running as running_roles
from elfaust.settings import Settings
from elfaust.workers.supervisor import Supervisor

#: The roles that run unless settings say otherwise.
EVERY = running_roles(DEFAULT_STORES)


class Running(dict[str, int]):
    """The exit code of each worker, known once the block has ended.

    `ended` has the supervisor's lines about workers that ended before that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[str] = []


def working(settings: Settings, **counts: int) -> AbstractContextManager[Running]:
    """Run workers, one of each role unless said otherwise, until the block ends."""
    return working_as("elfaust", settings, counts)


@contextmanager
def working_as(program: str, settings: Settings, counts: Mapping[str, int]) -> Iterator[Running]:
    """Run workers whose command line is that of another program."""
    roles = running_roles(settings.processor.stores)
    supervisor = Supervisor(settings, dict.fromkeys(roles, 1) | dict(counts), program)
    over, running = threading.Event(), Running()

    def keep() -> None:
        while not over.wait(0.05):
            running.ended += supervisor.tick()

    keeping = threading.Thread(target=keep)
    supervisor.start()
    keeping.start()
    try:
        yield running
    finally:
        over.set()
        keeping.join()
        running.update(supervisor.stop())
