"""Who does the processor's job beside each other: elfaust's own worker, naive Faust, peers.

A contender is a command. It gets the settings as environment (`ELFAUST_KAFKA_BOOTSTRAP`,
`ELFAUST_TOPICS_RAW_CLIENT`, ...), reads the raw client-side topic from its beginning in a consumer
group named after `kafka.app_id`, writes events to the topics of their schema revisions and errors
to the topic of errors, and goes on until it is killed. When it takes its first line it prints a
line `taking`. One that cannot run here ends with LEFT_OUT; the last line that it prints says why.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from elfaust.errors import ServerAway, ServerTrouble, StackError
from elfaust.processes import cpu_seconds, resident_bytes
from elfaust.settings import Settings, as_environ, state_folder
from elfaust.words.printable import printable
from elfaust.workers.state import alive
from elfaust.workers.supervised import OPTION

#: What a contender prints when it takes its first line.
TAKING = "taking"
#: The exit code of one whose packages are not installed.
LEFT_OUT = os.EX_UNAVAILABLE
#: What is in a line of elfaust's log that is no trouble.
STOPPING = "[INFO]"


class LeftOut(StackError):
    """A contender that cannot run here, and what to do for it."""


class Contender(NamedTuple):
    """One who does the job: `command`, and what tells from settings and log that it takes lines."""

    name: str
    command: tuple[str, ...]
    takes: Callable[[Settings, Path], bool]


def _said(settings: Settings, log: Path) -> bool:
    return TAKING in log.read_text(errors="replace").splitlines()


def _has_lanes(settings: Settings, log: Path) -> bool:
    return any(worker.ready for worker in alive(settings))


def elfaust() -> Contender:
    """Return the processor as its supervisor starts it; with its lanes it takes lines."""
    worker = ("-m", "elfaust", "worker", "processor", OPTION, str(os.getpid()))
    return Contender("elfaust", (sys.executable, *worker), _has_lanes)


def naive_faust() -> Contender:
    """Return the processor as one would first write it in Faust."""
    return Contender("naive Faust", (sys.executable, "-m", "elfaust.trial.naive", "0"), _said)


def peer(text: str) -> Contender:
    """Return the contender of `NAME=COMMAND`; raises ValueError for what is none."""
    name, sign, command = text.partition("=")
    if not name.strip() or not sign or not (words := shlex.split(command)):
        raise ValueError(f"{text!r} is not NAME=COMMAND")
    return Contender(name.strip(), tuple(words), _said)


class Running:
    """A contender's process."""

    def __init__(self, contender: Contender, settings: Settings, log: Path) -> None:
        self._contender, self._settings, self._log = contender, settings, log
        with log.open("wb") as output:
            try:
                self.process = subprocess.Popen(
                    contender.command,
                    env={**os.environ, **as_environ(settings)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    # A group of its own: what it starts ends with it.
                    start_new_session=True,
                )
            except OSError as error:
                raise StackError(f"{contender.name} does not start: {error}") from error

    def takes(self) -> bool:
        """Tell whether it takes lines."""
        return self._contender.takes(self._settings, self._log)

    def cpu(self) -> float:
        """Return the CPU seconds that it has used, user and system."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> int:
        """Return its resident memory, bytes."""
        return resident_bytes(self.process.pid)

    def check(self) -> None:
        """Raise where it has ended: LeftOut, ServerAway, or StackError with the end of its log."""
        code = self.process.poll()
        if code is None:
            return
        last = self.last_words()
        if code == LEFT_OUT:
            raise LeftOut(last)
        if code == ServerTrouble.exit_code:
            server = f"Kafka {self._settings.kafka.bootstrap}"
            raise ServerAway(server, f"{self._contender.name} has ended: {last}")
        raise StackError(f"{self._contender.name} has ended by itself, with {code}: {last}")

    def last_words(self) -> str:
        """Return the last line that it has printed, without what a terminal would obey.

        After what ends it elfaust's worker tells how it stops.
        """
        lines = self._log.read_text(errors="replace").split("\n")
        said = [line for line in lines if line.strip() and STOPPING not in line]
        return printable(said[-1]) if said else "it said nothing"

    def kill(self) -> None:
        """Kill it and what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def started(contender: Contender, settings: Settings) -> Iterator[Running]:
    """Have a contender run; it is killed at the end: all that it was to do is in Kafka by then."""
    folder = state_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    running = Running(contender, settings, folder / "contender.log")
    try:
        yield running
    finally:
        running.kill()
