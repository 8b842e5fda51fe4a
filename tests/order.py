"""The order of the tests on servers: long files first, so that no process has one left at the end.

pytest-xdist deals the tests to its processes in parts of the same number, one behind the other, and
whoever has none left takes some from the end of another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

#: Files that take longest, the longest first.
LONGEST = (
    "tests/chaos/test_random.py",
    "tests/integration/test_wheel.py",
    "tests/integration/test_one_outcome.py",
    "tests/integration/test_metrics.py",
    "tests/integration/test_hostile_inputs.py",
    "tests/integration/test_charts.py",
    "tests/chaos/test_servers.py",
    "tests/integration/test_commands.py",
    "tests/chaos/test_processes.py",
    "tests/integration/test_pipeline.py",
    "tests/integration/test_json_lines.py",
)


class Item(Protocol):
    """A test of pytest."""

    @property
    def nodeid(self) -> str:
        """The file of the test, `::` and its name in it."""


T = TypeVar("T", bound=Item)


def longest_first(items: Sequence[T], processes: int) -> list[T]:
    """Return the tests so that each process begins with its share of the longest files.

    Tests of a file stay together: what they share is made once.
    """
    files: dict[str, list[T]] = {file: [] for file in LONGEST}
    others = list[T]()
    for item in items:
        files.get(item.nodeid.partition("::")[0], others).append(item)
    dealt = [list[T]() for _ in range(processes)]
    for number, tests in enumerate(tests for tests in files.values() if tests):
        dealt[number % processes] += tests
    ordered, left = list[T](), len(items)
    for process, own in enumerate(dealt):
        # What pytest-xdist gives it.
        size = left // (processes - process)
        left -= size
        more = max(0, size - len(own))
        ordered += [*own, *others[:more]]
        others = others[more:]
    return [*ordered, *others]
