"""What a process counts is counted from nothing in each test, in whatever order they run."""

from __future__ import annotations

from collections import Counter

import pytest

from elfaust import boundary
from elfaust.sinks.mysql import unnamed


@pytest.fixture(autouse=True)
def counting_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test counts of its own where a process keeps them for as long as it lives."""
    monkeypatch.setattr(boundary, "_counted", Counter())
    monkeypatch.setattr(unnamed, "_counted", Counter())
