"""Detached processes and their pid files, which never name a process that we did not start."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from elfaust.errors import StackError
from elfaust.processes import process_start

#: Seconds that a killed process may take to end.
KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Process:
    """A process as its pid file names it: the kernel may have given the pid alone to another."""

    pid: int
    #: Clock ticks since boot at which it started.
    started: int
    #: The ports that it was started with; empty if they are not known.
    ports: tuple[int, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.started > 0 and process_start(self.pid) == self.started


def read(pid_file: Path) -> Process | None:
    """Return the process of a pid file; None if there is no file or the process has ended."""
    try:
        fields = json.loads(pid_file.read_text())
        process = Process(
            int(fields["pid"]), int(fields["started"]), tuple(fields.get("ports", ()))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return process if process.alive else None


def write(pid_file: Path, process: Process) -> None:
    """Write a pid file; a failure leaves it as it was."""
    temporary = pid_file.with_name(f"{pid_file.name}.tmp")
    temporary.write_text(json.dumps(asdict(process)))
    temporary.replace(pid_file)


def start(command: Sequence[str], environ: Mapping[str, str], log: Path) -> int:
    """Start a process in a session of its own, its output appended to `log`; return its pid.

    It continues when this process ends. Raises StackError if the program cannot be run.
    """
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        try:
            return os.posix_spawn(
                command[0],
                list(command),
                environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
                ],
                setsid=True,
                setsigmask=(),
                # Python ignores it, and a child would inherit that.
                setsigdef=(signal.SIGPIPE,),
            )
        except OSError as error:
            raise StackError(f"{command[0]} cannot be run: {error.strerror}") from error


def stop(process: Process, seconds: float) -> bool:
    """End a process by SIGTERM, after `seconds` by SIGKILL; return whether it has ended.

    The signals go through a pid descriptor, so they reach this process or none.
    """
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        # Compared after the descriptor was opened, so that the pid still means the same process.
        if not process.alive:
            return True
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, KILL_SECONDS)):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            if _ended(descriptor, patience):
                reap(process.pid)
                return True
        return False
    finally:
        os.close(descriptor)


def reap(pid: int) -> None:
    """Take the exit status of a child that has ended; do nothing for a process that is no child."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _ended(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if poll.poll(1000 * min(left, 1.0)):
            return True
    return False
