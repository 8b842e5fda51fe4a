"""A trouble is dated by when it was first seen, whatever its error says meanwhile."""

from __future__ import annotations

from elfaust.workers.since import FORGET_SECONDS, Since


def test_a_trouble_keeps_its_time_while_it_is_seen() -> None:
    now = 100.0
    since = Since(lambda: now)
    assert since.of(["MySQL m:1: refused"]) == {"MySQL m:1: refused": 100.0}
    now += FORGET_SECONDS
    assert since.of(["MySQL m:1 is not available: timed out", "table t: altered"]) == {
        "MySQL m:1 is not available: timed out": 100.0,
        "table t: altered": now,
    }


def test_a_trouble_that_was_over_begins_anew() -> None:
    now = 100.0
    since = Since(lambda: now)
    since.of(["partitions from Kafka"])
    now += FORGET_SECONDS + 1
    assert since.of([]) == {}
    assert since.of(["partitions from Kafka"]) == {"partitions from Kafka": now}
