"""Run trials: PYTHONHASHSEED=0 python -m tests.unit.interleavings ROLE [FIRST [COUNT]].

Prints what is wrong, with the trial's seed and what was done in it, and at the end what the trials
were like, and what tells the course of the last one from any other. The order of sets of texts is
part of a trial, hence PYTHONHASHSEED; that of sets of objects is the trial's own (fakes.py).
"""

from __future__ import annotations

import gc
import logging
import sys
import tempfile
from pathlib import Path

import pytest

from tests.unit.interleavings.counts import CountsTrial
from tests.unit.interleavings.fakes import faking
from tests.unit.interleavings.sinks import SinkTrial
from tests.unit.interleavings.trial import Trial

ROLES: dict[str, type[Trial]] = {"sink": SinkTrial, "throughput": CountsTrial}
#: So many trials are collected at once: in the midst of one, that would be callbacks more.
COLLECTED = 50


def main(role: str, first: int = 0, count: int = 1) -> int:
    """Run trials; return 1 if something is wrong in one of them."""
    logging.disable(logging.CRITICAL)
    gc.disable()
    wrong = turns = moves = 0
    seconds = 0.0
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        faking(patch, sys.modules)
        for seed in range(first, first + count):
            trial = ROLES[role](seed, Path(folder))
            if found := trial.run():
                wrong += 1
                print(f"{role} {seed}: {found[:3]} of {len(found)}\n  after {trial.did}")
            turns += trial.loop.turns
            moves += trial.group.generation
            seconds += trial.loop.now
            if seed % COLLECTED == COLLECTED - 1:
                gc.collect()
    print(f"{count} trials of {role}: {wrong} wrong; {moves} moves, {turns} turns, {seconds:.6f} s")
    print(f"course of the last: {trial.loop.course.hexdigest()}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
