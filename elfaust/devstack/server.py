"""One local server: started detached, ready when it answers a real request, stopped by its pid."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elfaust.devstack import processes
from elfaust.devstack.ports import taken
from elfaust.errors import ServerAway, StackError
from elfaust.processes import process_start

#: Every server listens here and nowhere else.
HOST = "127.0.0.1"
#: Seconds between two tries of a request to a server that starts.
POLL_SECONDS = 0.1
#: Seconds between two lines about a server that does not answer yet.
REPORT_SECONDS = 10.0
#: Seconds that a server may take to stop before it is killed.
STOP_SECONDS = 30.0
#: Lines shown of the log of a server that did not start.
TAIL_LINES = 12
#: Bytes above which a log is renamed to NAME.log.1 when its server starts.
LOG_BYTES = 20_000_000


class StartError(StackError):
    """A server did not start; `tail` is the end of its log."""

    def __init__(self, message: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tail = list(tail)


class NotReadyError(Exception):
    """A server answers, but cannot serve yet."""


@dataclass(frozen=True)
class Server:
    """What it takes to run a server under the folder of the stack.

    `prepare` runs before each start, the first and later ones. `probe` makes a real request and
    raises one of `not_there` until it is answered. `ports` are all ports that the server listens
    on; clients use the first.
    """

    name: str
    folder: Path
    command: Callable[[], Sequence[str]]
    ports: Sequence[int]
    probe: Callable[[], object]
    prepare: Callable[[], object] = lambda: None
    #: Variables beside those of this process.
    environ: Mapping[str, str] = field(default_factory=dict)
    not_there: tuple[type[Exception], ...] = (OSError, NotReadyError, ServerAway)
    #: Servers that must be ready before it is started, and stop after it.
    after: Sequence[str] = ()

    @property
    def log(self) -> Path:
        """The file that has what the server prints."""
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def pid(self) -> int:
        """Return the pid of the process that we started; 0 if it does not run."""
        process = processes.read(self._pid_file)
        return process.pid if process else 0

    def start(self) -> None:
        """Start the process, if it does not run.

        Raises StackError when one of its ports is in use, or when it runs on other ports.
        """
        running = processes.read(self._pid_file)
        if running:
            self._refuse_moved(running)
            return
        for port in self.ports:
            refuse_used(self.name, port)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        self.prepare()
        pid = processes.start(self.command(), {**os.environ, **self.environ}, self.log)
        process = processes.Process(pid, process_start(pid), tuple(self.ports))
        processes.write(self._pid_file, process)

    def wait_ready(
        self, seconds: float, report: Callable[[str], object] = lambda line: None
    ) -> None:
        """Wait until a real request is answered; `report` gets a line about it every ten seconds.

        Raises StartError with the end of the log when the process ends or the time is over.
        """
        began = reported = time.monotonic()
        deadline = began + seconds
        while True:
            try:
                self.probe()
                return
            except self.not_there as error:
                reason = str(error) or type(error).__name__
            if not self.pid():
                raise StartError(f"{self.name} has ended; its log is {self.log}", self.tail())
            now = time.monotonic()
            if now - reported >= REPORT_SECONDS:
                reported = now
                report(f"{self.name} does not answer yet, {now - began:.0f} s: {reason}")
            if now > deadline:
                what = f"{self.name} does not answer after {seconds:.0f} s: {reason}"
                raise StartError(f"{what}; its log is {self.log}", self.tail())
            time.sleep(POLL_SECONDS)

    def ready(self) -> bool:
        """Whether the process runs and answers a real request."""
        if not self.pid():
            return False
        try:
            self.probe()
        except self.not_there:
            return False
        return True

    def tail(self, lines: int = TAIL_LINES) -> list[str]:
        """Return the last lines of the log."""
        if not self.log.exists():
            return []
        return self.log.read_text(errors="replace").splitlines()[-lines:]

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End the process, by force after `seconds`; a process that we did not start is left alone.

        Raises StackError if it still runs after that.
        """
        process = processes.read(self._pid_file)
        if process and not processes.stop(process, seconds):
            raise StackError(f"{self.name} (pid {process.pid}) does not end")
        self._pid_file.unlink(missing_ok=True)

    def _refuse_moved(self, running: processes.Process) -> None:
        if running.ports and running.ports != tuple(self.ports):
            before = " ".join(str(port) for port in running.ports)
            now = " ".join(str(port) for port in self.ports)
            raise StackError(
                f"{self.name} runs on port {before}, settings say {now}: elfaust stack down first"
            )


def refuse_used(name: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
    """Raise StackError when a TCP or UDP port of 127.0.0.1 is in use."""
    if why := taken(HOST, port, kind):
        raise StackError(f"{name} cannot start: port {port}: {why}")


def run_tool(what: str, command: Sequence[str], log: Path) -> None:
    """Run a tool to its end and append its output to `log`.

    Raises StartError if it fails.
    """
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    with log.open("ab") as file:
        file.write(done.stdout)
    if done.returncode:
        tail = done.stdout.decode(errors="replace").splitlines()[-TAIL_LINES:]
        raise StartError(f"{what} failed with exit code {done.returncode}; its log is {log}", tail)
