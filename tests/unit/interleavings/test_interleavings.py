"""Trials of workers whose lanes move while things go wrong, each in an order that its seed draws.

ELFAUST_TEST_TRIALS says how many there are of each role, ELFAUST_TEST_SEED the first of them. One
seed again: ELFAUST_TEST_SEED=n ELFAUST_TEST_TRIALS=1 PYTHONHASHSEED=0.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.interleavings.counts import CountsTrial
from tests.unit.interleavings.fakes import faking
from tests.unit.interleavings.sinks import SinkTrial
from tests.unit.interleavings.trial import Trial

TRIALS = int(os.environ.get("ELFAUST_TEST_TRIALS", "60"))
FIRST = int(os.environ.get("ELFAUST_TEST_SEED", "0"))
#: Trials of one test: they share what they cost beside.
OF_ONE = 20

ROLES: dict[str, type[Trial]] = {"sink": SinkTrial, "throughput": CountsTrial}


@pytest.fixture(autouse=True)
def faked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the fakes in place, and say nothing of all that goes wrong."""
    faking(monkeypatch, sys.modules)
    logging.disable(logging.CRITICAL)
    # What is collected at some moment would be a callback more in a trial.
    gc.disable()
    yield
    gc.enable()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(FIRST, FIRST + TRIALS, OF_ONE))
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_wrong_in_whatever_order_things_happen(
    role: str, first: int, tmp_path: Path
) -> None:
    wrong = {}
    for seed in range(first, min(first + OF_ONE, FIRST + TRIALS)):
        trial = ROLES[role](seed, tmp_path)
        if found := trial.run():
            wrong[seed] = (found, trial.did)
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_a_seed_gives_the_same_trial_again(role: str, tmp_path: Path) -> None:
    trials = [ROLES[role](7, tmp_path) for _ in range(2)]
    for trial in trials:
        trial.run()
    one, other = ((trial.did, trial.loop.turns, trial.loop.now) for trial in trials)
    assert one == other
