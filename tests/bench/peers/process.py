"""What each peer's process does beside its job: settings, its start, and what it lacks."""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec

from elfaust.settings import Settings, load
from elfaust.trial.contenders import LEFT_OUT, TAKING
from elfaust.workers.supervised import end_with

#: Not into .venv: what the packages of peers allow is older than what elfaust is locked to.
INSTALL = "python3 -m venv .venv-bench && .venv-bench/bin/pip install -e '.[bench]'"


def begin(package: str) -> Settings:
    """Return the settings; ends the process where a package of the extra `bench` is missing."""
    if find_spec(package) is None:
        print(f"{package} is missing: {INSTALL}")
        sys.exit(LEFT_OUT)
    # Peers have no supervisor; the bench that started them may be killed.
    end_with(os.getppid(), 0.0)
    return load()


def taking() -> None:
    """Say that lines are taken from now on; Python looks for garbage as seldom as in a worker."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 50)
    print(TAKING, flush=True)
