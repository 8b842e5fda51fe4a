"""Kafka's disk full: roles say that Kafka is away, nothing is lost, and all goes on with room."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, acknowledged, judged, until, waits_for
from tests.integration.running import READERS, working

#: Size of a disk that gets full, and the file that fills it.
ROOM, FILLER = "256m", "filler"


def revive(stack: Stack) -> None:
    """Start Kafka if it has ended."""
    server = stack.server("kafka")
    if not server.pid():
        server.start()
    server.wait_ready(120)


@contextmanager
def little_room(settings: Settings, stack: Stack) -> Iterator[Path]:
    """Have Kafka begin anew on a disk of its own; yield the folder where that is mounted."""
    folder = Path(settings.stack.dir).resolve() / "kafka" / "data"
    stack.server("kafka").stop()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], check=True)
    try:
        revive(stack)
        yield folder
    finally:
        stack.server("kafka").stop()
        subprocess.run(["umount", "--lazy", folder], check=True)
        revive(stack)


def fill(file: Path) -> None:
    """Write a file until the disk is full."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(100_000))


def _names_kafka(settings: Settings, role: str) -> bool:
    return "Kafka" in waits_for(settings, role)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting is root's")
def test_a_full_disk_of_kafka_is_waited_for(
    limited: Settings, stack: Stack, note: Callable[[Outcome], None]
) -> None:
    with (
        little_room(limited, stack) as folder,
        working(limited, forwarder=0) as workers,
        Load(limited).running() as load,
    ):
        until(lambda: all(acknowledged(limited).values()), "all have begun")
        fill(folder / FILLER)
        for role in READERS:
            until(partial(_names_kafka, limited, role), f"{role} names Kafka")
        assert not [line for line in workers.ended if "no fault of its own" not in line]
        (folder / FILLER).unlink()
        # A broker whose only folder of logs has failed ends itself.
        revive(stack)
        undone = time.monotonic()
        # A broker that has just recovered its logs may be slow to answer.
        patient = replace(limited, kafka=replace(limited.kafka, request_timeout=60.0))
        note(judged(patient, "Kafka's disk full", 1, load.stop(), undone))
