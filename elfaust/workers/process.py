"""The process of a worker, as mode runs it, with elfaust's log and signals."""

from __future__ import annotations

import logging
import signal

import faust

from elfaust.logs.worker_log import WorkerLog
from elfaust.workers.worker import Worker


class Process(faust.Worker):  # type: ignore[misc]
    """Runs a worker until it is stopped; SIGTERM, SIGINT and SIGUSR1 (stacks) are mode's."""

    def __init__(self, worker: Worker) -> None:
        self._log = WorkerLog(worker.role, worker.settings)
        level = worker.settings.workers.log_level
        super().__init__(worker, loglevel=level, redirect_stdouts=False)

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        """Have the log as the settings say, in the place of mode's handlers."""
        # What mode shows as a spinner would be in the log's file.
        self.spinner = None
        self._log.install()

    def install_signal_handlers(self) -> None:
        """Add the signals of the log; mode's SIGUSR2 would start a debugger."""
        super().install_signal_handlers()
        for number, do in self._log.on_signals.items():
            self.loop.add_signal_handler(number, do)
        # Whoever started this process may have held it back until somebody listens.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._log.on_signals)
