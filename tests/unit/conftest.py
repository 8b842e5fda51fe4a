"""What a process counts is counted from nothing in each test, in whatever order they run."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator

import pytest

from elfaust import boundary
from elfaust.metrics import values
from elfaust.sinks.mysql import unnamed


@pytest.fixture(scope="session", autouse=True)
def no_waits_for_the_disk() -> Iterator[None]:
    """Let fsync do nothing: no test cuts the power, and other work on a disk makes it slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def what_is_imported_is_no_garbage() -> None:
    """Have the collector pass over modules and collected tests, which live as long as this does."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def counting_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test counts of its own where a process keeps them for as long as it lives."""
    monkeypatch.setattr(boundary, "_counted", Counter())
    monkeypatch.setattr(unnamed, "_counted", Counter())
    monkeypatch.setattr(values, "_values", values.Values())
