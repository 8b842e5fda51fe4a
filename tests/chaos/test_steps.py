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

#: One durable write of each role is part of `make test`; `make chaos` does all steps.
SHORT = {"produce", "commit", "commit file", "changelog write"}


@pytest.mark.parametrize(
    "step",
    [pytest.param(step, marks=() if step in SHORT else pytest.mark.long) for step in STEPS],
)
def test_a_kill_after_a_step_loses_and_doubles_nothing(
    quick: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    note: Callable[[Outcome], None],
    step: str,
) -> None:
    flag = tmp_path / "killed"
    monkeypatch.setenv("ELFAUST_TEST_STEP", step)
    monkeypatch.setenv("ELFAUST_TEST_FLAG", str(flag))
    role, _ = STEPS[step]
    workers = working_as("tests.chaos.worker", quick, {"forwarder": 0})
    with workers, Load(quick).running() as load:
        until(flag.exists, f"a worker was killed after {step}")
        killed = time.monotonic()
        note(judged(quick, f"{role} killed after: {step}", 1, load.stop(), killed))
