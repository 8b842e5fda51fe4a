"""Runs worker processes and restarts those that die, with back-off."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from elfaust.errors import ServerTrouble, SettingsError
from elfaust.settings import Settings, as_environ, state_folder
from elfaust.sources import finished
from elfaust.workers import starts
from elfaust.workers.state import web_port
from elfaust.workers.supervised import KILL_SECONDS, OPTION, until_gone

#: A worker that has run this long is well: its next restart is prompt again.
STEADY_SECONDS = 30.0
#: Longest pause before a worker starts again that ended because a server was away: it waits for it
#: itself, and says so at `/ready/`.
AWAY_SECONDS = 10.0
#: What changes a worker's log (elfaust/logs/worker_log.py).
ON_TO_WORKERS = (signal.SIGHUP, signal.SIGUSR2)
#: Of the end of a log, bytes in which its last line is.
TAIL_BYTES = 4_096


@dataclass
class _Child:
    role: str
    instance: int
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    backoff: float = 0.0
    #: The same while a server is away, which is no fault of the worker.
    away: float = 0.0
    restarts: int = 0


class Supervisor:
    """One or more workers of each role, kept alive.

    `counts` maps a role to how many workers it gets; `program` is what runs the command line. Call
    `tick` every so often. Raises SettingsError where there are not so many ports for web views; so
    does `tick` where a worker's first start ends for its settings, as each other would.
    """

    def __init__(
        self, settings: Settings, counts: Mapping[str, int], program: str = "elfaust"
    ) -> None:
        self._settings = settings
        self._program = program
        self._logs = state_folder(settings) / "logs"
        self._lock: IO[str] | None = None
        self._children = [
            _Child(
                role,
                instance,
                web_port(settings, role, instance),
                self._logs / f"{role}-{instance}.log",
            )
            for role, count in counts.items()
            for instance in range(count)
        ]

    def claim(self) -> None:
        """Keep others from supervising workers in the folder, until `stop`.

        Workers whose supervisor was killed are waited for. Raises SettingsError where somebody
        supervises, or one of these does not end.
        """
        if self._lock is None:
            self._logs.mkdir(parents=True, exist_ok=True)
            lock = _locked(self._logs.parent / "supervisor.lock")
            try:
                until_gone(self._settings, lambda line: print(line, file=sys.stderr))
            except BaseException:
                lock.close()
                raise
            self._lock = lock

    def start(self) -> None:
        """Start all workers; raises SettingsError where others are supervised in the folder."""
        self.claim()
        self.tick()

    def tick(self) -> list[str]:
        """Start what is due; return a line for each worker that has died since the last call.

        One that cannot be started, as where the disk of its log is full, is tried again like one
        that has died.
        """
        told, now = [], time.monotonic()
        for child in self._children:
            if child.process is not None and (code := child.process.poll()) is not None:
                how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
                if code == SettingsError.exit_code:
                    # The last line of its log says what cures that.
                    why = _last_line(child.log)
                    if not child.restarts:
                        raise SettingsError(f"{child.role}: {why} (log: {child.log})")
                    how += f", {why}"
                if code == 0 and self._is_finished(child):
                    child.process, child.start_at = None, float("inf")
                    source = self._settings.forwarder.source
                    told.append(f"{child.role} has sent all of {source}; it does not start again")
                elif code == ServerTrouble.exit_code:
                    told.append(self._server_away(child, now))
                else:
                    told.append(self._died(child, now, f"ended by {how}"))
            if child.process is None and now >= child.start_at:
                try:
                    self._spawn(child)
                except OSError as error:
                    told.append(self._died(child, now, f"did not start ({error})"))
        return told

    def _is_finished(self, child: _Child) -> bool:
        folder = state_folder(self._settings) / "forwarder"
        return child.role == "forwarder" and finished.is_finished(
            folder, self._settings.forwarder.source
        )

    def _died(self, child: _Child, now: float, how: str) -> str:
        workers = self._settings.workers
        if now - child.started >= STEADY_SECONDS or not child.backoff:
            child.backoff = workers.backoff_seconds
        else:
            child.backoff = min(2 * child.backoff, workers.backoff_max_seconds)
        child.start_at, child.process = now + child.backoff, None
        child.restarts += 1
        return f"{child.role} {how}; starts again in {child.backoff:.1f} s (log: {child.log})"

    def _server_away(self, child: _Child, now: float) -> str:
        least = self._settings.workers.backoff_seconds
        fresh = now - child.started >= STEADY_SECONDS or not child.away
        child.away = least if fresh else min(2 * child.away, max(least, AWAY_SECONDS))
        child.start_at, child.process = now + child.away, None
        child.restarts += 1
        why = starts.away(self._settings, child.role, child.port, ended=True)
        why = why or _last_line(child.log)
        return f"{child.role} starts again in {child.away:.1f} s, no fault of its own: {why}"

    def _spawn(self, child: _Child) -> None:
        with child.log.open("ab") as log, _held_back(ON_TO_WORKERS):
            child.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self._program),
                    *("worker", child.role, "--web-port", str(child.port)),
                    *(OPTION, str(os.getpid())),
                ],
                env={**os.environ, **as_environ(self._settings)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the supervisor alone, which stops its workers in order.
                start_new_session=True,
            )
        child.started = time.monotonic()

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of the workers that run, by role."""
        pids: dict[str, list[int]] = {}
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                pids.setdefault(child.role, []).append(child.process.pid)
        return pids

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all workers that run."""
        for pids in self.pids().values():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def stop(self) -> dict[str, int]:
        """Have all workers drain and end; return their exit codes by name.

        Those that have not ended after `workers.drain_seconds` and ten more are killed.
        """
        running = [c for c in self._children if c.process is not None and c.process.poll() is None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        deadline = time.monotonic() + self._settings.workers.drain_seconds + KILL_SECONDS
        codes = {}
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            codes[f"{child.role}-{child.instance}"] = child.process.returncode
            child.process = None
            child.start_at = float("inf")
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        return codes


@contextmanager
def _held_back(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Block signals: a process that begins meanwhile gets them when it listens."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _locked(file: Path) -> IO[str]:
    """Return a file that is locked until it is closed or the process ends, however it ends."""
    lock = file.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        pid = lock.read().strip()
        lock.close()
        raise SettingsError(
            f"pid {pid} (`elfaust up` or `elfaust run`) keeps workers in {file.parent}: stop it, "
            "or set workers.state and web.port for others beside them"
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError as error:
        return str(error)
    last = next((line for line in reversed(lines) if line.strip()), "which says nothing")
    return last.removeprefix("Error: ")
