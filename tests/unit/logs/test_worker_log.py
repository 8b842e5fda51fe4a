"""A worker's log: a renamed file is opened anew, the level changes and changes back."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from elfaust.logs.files import LogFile
from elfaust.logs.worker_log import WorkerLog
from elfaust.settings import Settings, as_environ
from elfaust.settings.machines import Log

SCRIPT = """
import logging, os, signal, sys
from elfaust.logs.worker_log import WorkerLog
from elfaust.settings import load
log = WorkerLog("mysql", load())
log.install()
logging.info("first")
os.rename(sys.argv[1], sys.argv[1] + ".1")
log.on_signals[signal.SIGHUP]()
logging.warning("second")
print("third", flush=True)
"""


def test_after_sighup_all_goes_into_a_new_file_of_the_same_name(tmp_path: Path) -> None:
    file = tmp_path / "mysql-0.log"
    environ = os.environ | as_environ(Settings(log=Log(format="json")))
    with file.open("ab") as out:
        command = [sys.executable, "-c", SCRIPT, str(file)]
        subprocess.run(command, stdout=out, stderr=out, env=environ, check=True)
    assert json.loads((tmp_path / "mysql-0.log.1").read_text())["message"] == "first"
    opened, second, third = file.read_text().splitlines()
    assert json.loads(opened)["message"] == "The log was opened anew."
    assert (json.loads(second)["message"], third) == ("second", "third")


def test_what_is_no_file_stays_open() -> None:
    # pytest's own stdout may be a file.
    script = "from elfaust.logs.files import LogFile; LogFile().reopen(); print('there')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"there\n"


def test_a_file_that_cannot_be_opened_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: LogFile) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(LogFile, "reopen", refuse)
    WorkerLog("mysql", Settings()).reopen()
    assert "goes on in its old file" in caplog.text


def test_sigusr2_changes_the_level_and_changes_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.Logger("root")
    monkeypatch.setattr(logging, "root", root)
    worker_log = WorkerLog("mysql", Settings())
    worker_log.install()
    [handler] = root.handlers
    levels = [root.level]
    for _ in range(2):
        worker_log.on_signals[signal.SIGUSR2]()
        levels.append(root.level)
    assert levels == [logging.INFO, logging.DEBUG, logging.INFO]
    handler.close()
