"""The same complaint once a minute; that a leader is being elected is none."""

from __future__ import annotations

import logging

import pytest
from aiokafka.errors import (
    LeaderNotAvailableError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
)
from click.testing import CliRunner

from elfaust import quiet
from elfaust.commands import main
from elfaust.quiet import LOUD, OnceAMinute, keep_quiet


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


@pytest.fixture
def unfiltered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what is done to the filters of loggers back after the test."""
    for name in LOUD:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])


def produce_response(error: object) -> None:
    """Log what aiokafka's producer logs of a response."""
    logging.getLogger("aiokafka.producer.sender").warning(
        "Got error produce response on topic-partition %s, retrying. Error: %s", "t-0", error
    )


@pytest.mark.usefixtures("unfiltered")
def test_the_election_of_a_leader_is_not_shown_and_all_else_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    CliRunner().invoke(main, ["config", "show"])
    for error in (
        NotLeaderForPartitionError,
        NotLeaderForPartitionError(),
        LeaderNotAvailableError,
    ):
        produce_response(error)
    assert caplog.messages == []
    produce_response(MessageSizeTooLargeError)
    assert len(caplog.messages) == 1


@pytest.mark.usefixtures("unfiltered")
def test_filters_are_added_once() -> None:
    keep_quiet()
    keep_quiet()
    assert [len(logging.getLogger(name).filters) for name in LOUD] == [2] * len(LOUD)
