"""Files of tests that take longer than they may are named."""

from __future__ import annotations

from types import SimpleNamespace

from tests.budget import over_budget


def report(file: str, duration: float, when: str = "call") -> SimpleNamespace:
    return SimpleNamespace(nodeid=f"{file}::test", duration=duration, when=when)


def test_a_file_is_held_to_the_sum_of_its_tests() -> None:
    reports = [
        *(report("tests/unit/test_a.py", 8.0), report("tests/unit/test_a.py", 2.5)),
        *(report("tests/integration/test_b.py", 29.0), report("tests/integration/test_c.py", 31.0)),
        *(report("tests/chaos/test_d.py", 59.0), report("tests/chaos/test_d.py", 90.0, "setup")),
    ]
    assert list(over_budget(reports)) == [
        "  31.0 s of 30  tests/integration/test_c.py",
        "  10.5 s of 10  tests/unit/test_a.py",
    ]
