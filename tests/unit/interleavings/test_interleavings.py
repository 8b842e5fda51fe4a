"""Trials of workers whose lanes move while things go wrong, each in an order that its seed draws.

ELFAUST_TEST_TRIALS says how many there are of each role, ELFAUST_TEST_SEED the first of them. They
run in processes whose sets have an order of their own. A seed draws the same faults again, but a
trial may take another course: sets of objects are in the order of their addresses.
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


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", range(FIRST, FIRST + TRIALS, OF_ONE))
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_wrong_in_whatever_order_things_happen(role: str, first: int) -> None:
    done = run(role, first, min(OF_ONE, FIRST + TRIALS - first))
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
