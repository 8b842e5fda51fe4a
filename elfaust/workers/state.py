"""Worker processes of this machine: what each says of itself, and which are alive."""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from elfaust.errors import SettingsError
from elfaust.processes import process_start
from elfaust.roles import DEFAULT_STORES, ROLES, running
from elfaust.settings import MAX_PORT, Settings, state_folder

log = logging.getLogger(__name__)

#: Bytes of a file past which no worker has written it.
LONGEST = 10_000


@dataclass(frozen=True)
class WorkerState:
    """What a worker writes of itself into the state folder."""

    role: str
    pid: int
    #: Clock ticks since boot at which the process started: a pid alone may be somebody else's.
    started: int
    web: str
    #: Seconds since the epoch at which it could take its first batch; 0 before that.
    ready: float = 0.0


def web_port(settings: Settings, role: str, instance: int = 0) -> int:
    """Return the web port of the n-th worker of a role on this machine, from 0.

    Raises SettingsError where there is no such port.
    """
    # A role that is off by default moves nobody's port until it is turned on.
    roles = running(f"{DEFAULT_STORES} {settings.processor.stores}", asked=settings.asked)
    order = (*roles, *(other for other in ROLES if other not in roles))
    port = settings.web.port + order.index(role) + len(roles) * instance
    if port > MAX_PORT:
        raise SettingsError(
            f"web.port {settings.web.port}: worker {instance} of {role} would have port {port}"
        )
    return port


def announce(settings: Settings, role: str, port: int, *, ready: bool = False) -> Path:
    """Write this process's state and return its file; the caller removes it at its end.

    A disk that does not take it is only told of: the worker works without.
    """
    folder = state_folder(settings)
    pid = os.getpid()
    web = f"http://{settings.web.at(port)}/"
    state = WorkerState(role, pid, process_start(pid), web, time.time() if ready else 0.0)
    file = folder / f"{role}-{pid}.json"
    temporary = file.with_suffix(".tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(state)))
        temporary.replace(file)
    except OSError as error:
        log.warning("elfaust status does not show this worker: %s", error)
    return file


def alive(settings: Settings) -> list[WorkerState]:
    """Return the workers that run, by role; files of dead ones are removed."""
    workers = []
    for file in sorted(state_folder(settings).glob("*-*.json")):
        state = _state(file)
        if state is None:
            continue
        # Where no process has the pid, its start is 0.
        if state.started and process_start(state.pid) == state.started:
            workers.append(state)
            continue
        # Somebody else's file stays.
        with suppress(OSError):
            file.unlink()
    return sorted(workers, key=lambda worker: (list(ROLES).index(worker.role), worker.pid))


def _state(file: Path) -> WorkerState | None:
    """Return what a file says of a worker, None where it says nothing."""
    try:
        if not file.is_file() or file.stat().st_size > LONGEST:
            return None
        state = WorkerState(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    kinds = ((state.role, str), (state.pid, int), (state.started, int), (state.web, str))
    is_typed = all(type(value) is kind for value, kind in kinds)
    known = is_typed and type(state.ready) in (int, float) and state.role in ROLES
    return state if known else None
