"""What tests of sources share: a disk that is full or not, and a file that is read and rotated."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.sources import forwarder, stdin
from elfaust.sources.spool import Spool
from tests.unit.sources.kafka import Kafka


class Disk:
    """A disk that is full or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        really = Spool.append_piece

        def append(spool: Spool, data: bytes) -> None:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            really(spool, data)

        monkeypatch.setattr(Spool, "append_piece", append)
        monkeypatch.setattr(stdin, "TRY_SECONDS", 0.01)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    for name in ("stdin", "overflow"):
        logging.getLogger(f"elfaust.sources.{name}").filters.clear()
    return Disk(monkeypatch)


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    kafka = Kafka()
    monkeypatch.setattr("elfaust.sources.resumption.find", kafka.find)
    monkeypatch.setattr(forwarder, "LOOK_SECONDS", 0.001)
    return kafka


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "x.log"
    file.write_bytes(b"old 1\nold 2\n")
    return file


@pytest.fixture
def lost(caplog: pytest.LogCaptureFixture) -> Callable[[], bool]:
    """Return what says whether the log names a loss."""
    for name in ("file", "fingerprints"):
        logging.getLogger(f"elfaust.sources.{name}").filters.clear()
    return lambda: "is lost" in caplog.text
