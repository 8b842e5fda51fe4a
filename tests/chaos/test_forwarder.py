"""A forwarder that is killed while its file grows: every line once, at the ends too."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.settings import Settings
from elfaust.trial.recorded import recorded_lines
from tests.chaos.trial import Outcome, judged, until, workers_of
from tests.integration.forwarder_trial import killed
from tests.integration.running import Running, working

KILLS = 20
#: Kills of a forwarder alone, whose file is rotated all the time.
MANY = 200
#: Lines that are written to the file between two kills.
LINES = 500


def has_told(running: Running, number: int) -> bool:
    """Return whether so many workers have been seen to end."""
    return len(running.ended) == number


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_forwarder_killed_while_its_file_grows(
    quick: Settings, tmp_path: Path, note: Callable[[Outcome], None]
) -> None:
    chance, file = random.Random(7), tmp_path / "raw.log"
    file.touch()
    forwarder = replace(quick.forwarder, source=str(file), follow=True, rate=1_500.0)
    settings = replace(quick, forwarder=forwarder)
    endless = recorded_lines(2**40, start=int(time.time()) * 1_000_000, base_time=time.time())
    lines = (line for kind, line in endless if kind == "server" and b"\n" not in line)
    with working(settings) as running:
        for number in range(KILLS):
            with file.open("ab") as out:
                out.writelines(line + b"\n" for line in itertools.islice(lines, LINES))
            [worker] = until(lambda: workers_of(settings, "forwarder"), "the forwarder is ready")
            time.sleep(chance.uniform(0.0, 0.5))
            os.kill(worker.pid, signal.SIGKILL)
            until(partial(has_told, running, number + 1), "its end is seen")
        note(judged(settings, "forwarder killed", KILLS, KILLS * LINES, time.monotonic()))
    assert sum("signal SIGKILL" in line for line in running.ended) == KILLS


@pytest.mark.long
@pytest.mark.timeout(1_500)
def test_a_forwarder_killed_while_its_file_is_rotated(
    fresh: Settings, tmp_path: Path, note: Callable[[Outcome], None]
) -> None:
    began = time.monotonic()
    count, found = killed(fresh, tmp_path, MANY, seed=11)
    lost = sum(b"%d" % number not in found for number in range(count))
    fault = "forwarder killed, its file rotated and cut"
    note(
        Outcome(fault, MANY, count, lost, found.total() - len(found), [], time.monotonic() - began)
    )
