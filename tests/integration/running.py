"""Workers for the length of a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from elfaust import roles
from elfaust.settings import Settings
from elfaust.workers.supervisor import Supervisor

#: The roles that run unless settings say otherwise.
EVERY = roles.running(roles.DEFAULT_STORES)
#: Those of them that read topics.
READERS = roles.running(roles.DEFAULT_STORES, roles.READERS)


class Running(dict[str, int]):
    """The exit code of each worker, known once the block has ended.

    `ended` has the supervisor's lines about workers that ended before that; `pids` returns the
    processes that run now, by role.
    """

    def __init__(self, pids: Callable[[], Mapping[str, Sequence[int]]]) -> None:
        super().__init__()
        self.ended: list[str] = []
        self.pids = pids


def working(settings: Settings, **counts: int) -> AbstractContextManager[Running]:
    """Run workers, one of each role unless said otherwise, until the block ends."""
    return working_as("elfaust", settings, counts)


@contextmanager
def working_as(program: str, settings: Settings, counts: Mapping[str, int]) -> Iterator[Running]:
    """Run workers whose command line is that of another program."""
    one_each = dict.fromkeys(roles.running(settings.processor.stores, asked=settings.asked), 1)
    supervisor = Supervisor(settings, one_each | dict(counts), program)
    over, running = threading.Event(), Running(supervisor.pids)

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
