"""What a supervisor and its workers know of each other, should the supervisor be killed.

Nobody restarts a worker whose supervisor is gone, and it has the port of its successor: it ends as
at a stop. Who supervises next in the same state folder waits for that.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from threading import Thread

from elfaust.errors import SettingsError
from elfaust.processes import arguments
from elfaust.settings import Settings
from elfaust.workers.state import WorkerState, alive

#: By this option a worker gets the pid of its supervisor.
OPTION = "--supervisor"
#: After `workers.drain_seconds` a worker has so many more to end before it is killed.
KILL_SECONDS = 10.0
#: Seconds between two looks at whether the other one is there.
LOOK_SECONDS = 0.5


def end_with(supervisor: int, drain_seconds: float) -> None:
    """Have this process get SIGTERM once its parent is no longer `supervisor`, later SIGKILL.

    In a thread, for a worker whose event loop hangs has to end too.
    """

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(drain_seconds + KILL_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    Thread(target=watch, name="supervisor", daemon=True).start()


def until_gone(settings: Settings, tell: Callable[[str], None]) -> None:
    """Return when no worker of a supervisor that is gone runs; `tell` gets who is waited for.

    Raises SettingsError where one does not end in the time that it has.
    """
    deadline = time.monotonic() + settings.workers.drain_seconds + KILL_SECONDS + 2 * LOOK_SECONDS
    told = False
    while left := _supervised(settings):
        names = ", ".join(f"{worker.role} (pid {worker.pid})" for worker in left)
        if time.monotonic() >= deadline:
            raise SettingsError(f"workers of an `elfaust up` that was killed do not end: {names}")
        if not told:
            told = True
            tell(f"waiting for workers of an `elfaust up` that was killed to end: {names}")
        time.sleep(LOOK_SECONDS)


def _supervised(settings: Settings) -> list[WorkerState]:
    return [worker for worker in alive(settings) if OPTION in arguments(worker.pid)]
