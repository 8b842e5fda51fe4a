"""What a test file may take, so that `make test` stays short; files over it are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

#: Seconds for all tests of a file on two cores that do nothing else, by the beginning of its path;
#: the longest one holds. The start of the servers is nobody's.
BUDGETS = {
    "tests/": 60.0,
    "tests/unit/": 10.0,
    "tests/integration/": 30.0,
    # A build, an installation, and the main commands.
    "tests/integration/test_wheel.py": 60.0,
}


class Report(Protocol):
    """A report of pytest on a part of a test."""

    nodeid: str
    duration: float
    when: str


def over_budget(reports: Iterable[Report]) -> Iterator[str]:
    """Yield a line for each file whose tests took longer than it may, the longest first."""
    spent: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        if report.when == "call":
            spent[report.nodeid.partition("::")[0]] += report.duration
    for file, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        budget = BUDGETS[max((b for b in BUDGETS if file.startswith(b)), key=len, default="tests/")]
        if seconds > budget:
            yield f"{seconds:6.1f} s of {budget:.0f}  {file}"
