"""SIGKILL exactly after each step of each role: nothing is lost, nothing is there twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, judged, until
from tests.chaos.worker import STEPS
from tests.integration.running import working_as

#: A durable write of each role: all of them in one trial are part of `make test`.
WRITES = ("produce", "commit", "commit file", "changelog write")
#: Runs workers that are killed after steps, and returns what came of it; a fault has a name.
Trial = Callable[[str, tuple[str, ...]], Outcome]


@pytest.fixture
def trial(fewer_files: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """Return what kills a worker after each of some steps, once."""

    def run(fault: str, steps: tuple[str, ...]) -> Outcome:
        monkeypatch.setenv("ELFAUST_TEST_STEPS", ",".join(steps))
        monkeypatch.setenv("ELFAUST_TEST_FLAGS", str(tmp_path))
        workers = working_as("tests.chaos.worker", fewer_files, {"forwarder": 0})
        with workers, Load(fewer_files).running() as load:
            for step in steps:
                until((tmp_path / step).exists, f"a worker was killed after {step}")
            killed = time.monotonic()
            return judged(fewer_files, fault, len(steps), load.stop(), killed)

    return run


def test_a_kill_of_each_role_after_a_write_loses_and_doubles_nothing(
    trial: Trial, note: Callable[[Outcome], None]
) -> None:
    assert {STEPS[step][0] for step in WRITES} == {role for role, _ in STEPS.values()}
    note(trial("each role killed after a write", WRITES))


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_after_a_step_loses_and_doubles_nothing(
    trial: Trial, note: Callable[[Outcome], None], step: str
) -> None:
    role, _ = STEPS[step]
    note(trial(f"{role} killed after: {step}", (step,)))
