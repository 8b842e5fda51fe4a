"""One local server process: started detached, told ready by a real request, stopped by its id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elfaust.errors import StackError
from elfaust.workers import process_start


@dataclass(frozen=True)
class Server:
    """What it takes to run a server: `prepare` runs before each start, `probe` raises until ready.

    `ports` are all that it listens on; the first is the one that clients use.
    """

    name: str
    folder: Path
    command: Callable[[], Sequence[str]]
    ports: Sequence[int]
    probe: Callable[[], object]
    prepare: Callable[[], object] = lambda: None
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """The file of what the server prints."""
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def pid(self) -> int:
        """Return the id of the process that we started, 0 if it does not run."""
        try:
            state = json.loads(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return 0
        alive = process_start(state["pid"]) == state["started"]
        return int(state["pid"]) if alive else 0

    def start(self) -> None:
        """Start the process, unless it runs.

        Raises StackError when one of its ports is in use.
        """
        if self.pid():
            return
        for port in self.ports:
            refuse_used(self.name, port)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.prepare()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.environ},
                start_new_session=True,
            )
        state = {"pid": process.pid, "started": process_start(process.pid)}
        self._pid_file.write_text(json.dumps(state))

    def wait_ready(self, seconds: float) -> None:
        """Wait until a real request is answered.

        Raises StackError with the end of the log when the process ends or the time is over.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.probe()
                return
            except Exception as error:
                if not self.pid() or time.monotonic() > deadline:
                    ended = "does not answer" if self.pid() else "has ended"
                    raise StackError(
                        f"{self.name} {ended} ({error}); the end of {self.log}:\n{self.tail()}"
                    ) from error
            time.sleep(0.2)

    def tail(self, lines: int = 10) -> str:
        """Return the last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, seconds: float = 30.0) -> None:
        """Have the process end, kill it if it does not; one that we did not start is left alone."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + seconds
            while self.pid() and time.monotonic() < deadline:
                reap(pid)
                time.sleep(0.05)
            if self.pid():
                os.kill(pid, signal.SIGKILL)
                while self.pid():
                    reap(pid)
                    time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)


def reap(pid: int) -> None:
    """Collect a child of this process that has ended; others are init's."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def refuse_used(name: str, port: int) -> None:
    """Raise StackError when a port of 127.0.0.1 is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(f"{name} cannot start: port {port} is in use") from error
