"""The log of a worker's process: installed at its start, changed by signals while it runs.

SIGHUP   opens the log's file anew, after it was renamed
SIGUSR2  logs everything (level debug), and at the next one what `workers.log_level` says again
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Mapping

from elfaust.logs.bounds import Bounded
from elfaust.logs.files import LogFile
from elfaust.logs.formats import JsonFormat, TextFormat
from elfaust.logs.masking import hosts_of
from elfaust.settings import Settings

log = logging.getLogger(__name__)


class WorkerLog:
    """What the process of a role logs, and where."""

    def __init__(self, role: str, settings: Settings) -> None:
        self._level = logging.getLevelName(settings.workers.log_level.upper())
        known = hosts_of(settings)
        is_json = settings.log.format == "json"
        self._format = JsonFormat(role, known) if is_json else TextFormat(known)
        self._file = LogFile()

    def install(self) -> None:
        """Have the root logger write as the settings say, and nobody else."""
        handler = Bounded(sys.stderr)
        handler.setFormatter(self._format)
        logging.root.handlers[:] = [handler]
        logging.root.setLevel(self._level)

    @property
    def on_signals(self) -> Mapping[signal.Signals, Callable[[], None]]:
        """What is to be done at which signal."""
        return {signal.SIGHUP: self.reopen, signal.SIGUSR2: self.toggle}

    def reopen(self) -> None:
        """Open the file anew; the log says so, at its beginning."""
        try:
            self._file.reopen()
        except OSError as error:
            log.error("The log goes on in its old file: %s", error)
        else:
            log.info("The log was opened anew.")

    def toggle(self) -> None:
        """Change between the level of the settings and debug."""
        level = self._level if logging.root.level == logging.DEBUG else logging.DEBUG
        logging.root.setLevel(level)
        log.warning("Logs messages of level %s and above.", logging.getLevelName(level).lower())
