"""Trials of workers whose lanes move while things go wrong, each in an order that its seed draws.

ELFAUST_TEST_TRIALS says how many there are of each role, ELFAUST_TEST_SEED the first of them. They
run in processes of their own. A seed gives the same trial again, whatever trials come before it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.unit.interleavings.__main__ import ROLES

TRIALS = int(os.environ.get("ELFAUST_TEST_TRIALS", "8"))
FIRST = int(os.environ.get("ELFAUST_TEST_SEED", "0"))
#: Trials of one process.
OF_ONE = max(TRIALS // 10, 50)


def run(role: str, first: int, count: int) -> subprocess.CompletedProcess[str]:
    """Run trials in a process of their own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.unit.interleavings", role, str(first), str(count)],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def course(done: subprocess.CompletedProcess[str]) -> str:
    """Return what tells the course of the last trial from any other: what ran when."""
    last = done.stdout.splitlines()[-1]
    assert last.startswith("course of the last: ")
    return last


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", range(FIRST, FIRST + TRIALS, OF_ONE))
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_wrong_in_whatever_order_things_happen(role: str, first: int) -> None:
    count = min(OF_ONE, FIRST + TRIALS - first)
    done = run(role, first, count)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    if role == "throughput":
        # A seed gives the same again, in a process of other addresses and with no trial before it.
        assert course(run(role, first + count - 1, 1)) == course(done)
