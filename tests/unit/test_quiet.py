"""The same complaint once a minute."""

from __future__ import annotations

import logging

import pytest

from elfaust import quiet
from elfaust.quiet import OnceAMinute


def record(message: str, level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", level, "", 0, "%s", (message,), None)


def test_a_complaint_is_let_through_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(quiet, "monotonic", lambda: now)
    complaints = OnceAMinute()
    assert complaints.filter(record("away"))
    assert not complaints.filter(record("away"))
    assert complaints.filter(record("other"))
    now += 61
    assert complaints.filter(record("away"))
    assert complaints._said == {"away": now}


def test_what_is_no_complaint_is_always_let_through() -> None:
    complaints = OnceAMinute()
    assert all(complaints.filter(record("here", logging.INFO)) for _ in range(2))


def test_of_a_kind_of_complaint_one_is_let_through() -> None:
    complaints = OnceAMinute(of_a_kind=True)
    assert [complaints.filter(record(text)) for text in ("topic a", "topic b")] == [True, False]
