"""Workers that start while a server is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings, as_environ


@pytest.mark.parametrize("role", ["processor", "mysql", "throughput"])
def test_a_worker_that_waits_for_kafka_says_so_and_stops_cleanly(tmp_path: Path, role: str) -> None:
    base = Settings()
    settings = replace(
        base,
        # A port on which nobody listens.
        kafka=replace(base.kafka, bootstrap="127.0.0.1:1"),
        workers=replace(base.workers, state=str(tmp_path / "state")),
        web=replace(base.web, port=base.web.port + 100),
    )
    log = tmp_path / "log"
    with log.open("w") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "elfaust", "worker", role],
            env={**os.environ, **as_environ(settings)},
            stdout=out,
            stderr=out,
        )
    deadline = time.monotonic() + 60
    while "Waiting for Kafka 127.0.0.1:1" not in log.read_text():
        assert worker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
