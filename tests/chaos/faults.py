"""Does what a plan says: faults begin and end at their times, overlapping, each at its target.

Processes are ended and frozen by their ids, and only those that the campaign has started.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from elfaust.devstack.server import Server
from elfaust.processes import process_start
from tests.chaos.plan import FROZEN, KILLED, STOPPED, WAYS, Fault
from tests.integration.running import Running

T = TypeVar("T")
#: Seconds that a server may take until it serves again; what it needs may be away meanwhile.
READY_SECONDS = 600.0
#: Seconds between two looks for servers that have ended by themselves.
LOOK_SECONDS = 1.0
#: Faults that go on at the same time, at most; more wait for one of them.
AT_A_TIME = 64
SIGNALS = {KILLED: signal.SIGKILL, FROZEN: signal.SIGSTOP, STOPPED: signal.SIGTERM}


class Missed(Exception):
    """A fault could not begin: what it is of was not there."""


#: What ends a fault that has begun.
End = Callable[[], None]
#: Begins a fault at a target ("" for one that has none); raises Missed.
Begin = Callable[[str], End]


class Faults:
    """Carries out a plan, and counts what came of it.

    `mysql-3` is, on two machines, the second worker of that role on the second machine. `others`
    are the faults besides those of processes, by kind. `tell` gets a line about each.
    """

    def __init__(
        self,
        machines: Sequence[Running],
        servers: Sequence[Server],
        others: Mapping[str, Begin],
        tell: Callable[[str], None],
    ) -> None:
        self._machines = machines
        self._servers = {server.name: (server, threading.Lock()) for server in servers}
        self._others = others
        self._tell = tell
        self._over = threading.Event()
        #: How many faults there were of each kind, a worker one each, and how many missed.
        self.done, self.missed = Counter[str](), Counter[str]()
        #: What went wrong with the faults themselves.
        self.failed: list[str] = []
        #: Ends that could not be while other faults lasted.
        self._left: list[tuple[str, End]] = []

    def run(self, faults: Sequence[Fault]) -> float:
        """Carry out a plan; return when its last fault had ended, by the monotonic clock."""
        began = time.monotonic()
        watching = threading.Thread(target=self._watch)
        watching.start()
        try:
            with ThreadPoolExecutor(AT_A_TIME) as threads:
                for fault in faults:
                    time.sleep(max(0.0, began + fault.at - time.monotonic()))
                    threads.submit(self._one, fault)
        finally:
            self._over.set()
            watching.join()
        self._start_what_has_ended()
        for what, end in self._left:
            self._guarded(what, end)
        return time.monotonic()

    def _one(self, fault: Fault) -> None:
        ends = [self._begun(fault.kind, target) for target in fault.targets or ("",)]
        time.sleep(fault.seconds)
        for target, end in zip(fault.targets or ("",), ends, strict=True):
            if end is not None:
                self._tell(f"ends: {fault.kind} {target}")
                self._end(f"end of {fault.kind} {target}", end)

    def _end(self, what: str, end: End) -> None:
        try:
            end()
        except Exception as error:
            self._tell(f"{what} waits for the other faults to be over: {error!r}")
            self._left.append((what, end))

    def _begun(self, kind: str, target: str) -> End | None:
        try:
            end = self._guarded(f"{kind} {target}", lambda: self._begin(kind, target))
        except Missed as why:
            self.missed[kind] += 1
            self._tell(f"missed: {kind} {target}: {why}")
            return None
        if end is not None:
            self.done[kind] += 1
            self._tell(f"{kind} {target}")
        return end

    def _guarded(self, what: str, call: Callable[[], T]) -> T | None:
        """Return what a call returns; keep what goes wrong, but for a miss."""
        try:
            return call()
        except Missed:
            raise
        except Exception as error:
            self.failed.append(f"{what}: {error!r}")
            self._tell(f"failed: {self.failed[-1]}")
            return None

    def _begin(self, kind: str, target: str) -> End:
        name, _, way = kind.partition(" ")
        if way in WAYS and name == "worker":
            return self._harm_worker(target, way)
        if way in WAYS and name in self._servers:
            return self._harm_server(name, way)
        return self._others[kind](target)

    def _harm_worker(self, target: str, way: str) -> End:
        role, _, number = target.rpartition("-")
        instance, machine = divmod(int(number), len(self._machines))
        pids = self._machines[machine].pids().get(role, ())
        if instance >= len(pids):
            raise Missed("it does not run")
        return _signalled(pids[instance], way)

    def _harm_server(self, name: str, way: str) -> End:
        server, harming = self._servers[name]
        if not harming.acquire(blocking=False):
            raise Missed("it has not recovered from what was before")
        try:
            if not (pid := server.pid()):
                raise Missed("it does not run")
            thaw: End = lambda: None  # noqa: E731
            if way == STOPPED:
                server.stop()
            else:
                thaw = _signalled(pid, way)
        except BaseException:
            harming.release()
            raise

        def end() -> None:
            try:
                thaw()
                _started(server)
            finally:
                if harming.locked():
                    harming.release()

        return end

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._guarded("servers that have ended", self._start_what_has_ended)

    def _start_what_has_ended(self) -> None:
        """Start servers that have ended by themselves, as MariaDB does on a full disk."""
        for name, (server, harming) in self._servers.items():
            if not server.pid() and harming.acquire(blocking=False):
                try:
                    if not server.pid():
                        self._tell(f"{name} has ended by itself and starts again")
                        self.done[f"{name} ended"] += 1
                        _started(server)
                finally:
                    harming.release()


def _signalled(pid: int, way: str) -> End:
    """Send a process its signal; what is returned thaws it if it still is that process."""
    started = process_start(pid)
    try:
        os.kill(pid, SIGNALS[way])
    except ProcessLookupError as error:
        raise Missed("it has just ended") from error

    def end() -> None:
        if way == FROZEN and process_start(pid) == started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    return end


def _started(server: Server) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            # One that was killed is there for a moment still.
            server.start()
            server.wait_ready(max(1.0, deadline - time.monotonic()))
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
