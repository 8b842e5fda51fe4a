"""Rows are looked up while their batches may have come before, and no longer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from elfaust.errors import ServerAway, Unacknowledged
from elfaust.metrics.table import SINK_ROWS
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.testing import make_events, write
from tests.counted import counted
from tests.unit.sinks.mysql.fakes import GONE, KEY, RECORDS, lookups, sink_on


def test_a_batch_that_comes_again_inserts_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    inserted: list[str] = []
    sink, connection = sink_on(
        monkeypatch, settings, lambda rows: inserted.extend(row[0] for row in rows)
    )
    write(sink, KEY, RECORDS[:2], 0)
    sink.on_revoked()
    write(sink, KEY, RECORDS[:4], 0)
    assert len(inserted) == len(set(inserted)) == 4
    # Its repeats are over once a batch has none: from then on nothing is looked up.
    write(sink, KEY, RECORDS[4:5], 0)
    before = lookups(connection)
    write(sink, KEY, RECORDS[5:6], 0)
    assert lookups(connection) == before
    write(sink, KEY, RECORDS[6:8], 0, 1)
    assert lookups(connection) == before + 1
    assert len(connection.committed) == 8
    assert counted(SINK_ROWS) == {("mysql", KEY.schema, str(KEY.revision)): 8}


def test_of_a_table_that_was_empty_no_lane_looks_rows_up(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    write(sink, KEY, RECORDS[:2], 0)
    write(sink, KEY, RECORDS[2:4], 0, 3)
    assert lookups(connection) == 0
    assert len(connection.committed) == 4


def test_after_a_write_that_failed_rows_are_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    errors: list[Exception | None] = [None, GONE, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    write(sink, KEY, RECORDS[:2], 0)
    with pytest.raises(ServerAway):
        write(sink, KEY, RECORDS[2:4], 0)
    before = lookups(connection)
    assert sum(counted(SINK_ROWS).values()) == 2
    write(sink, KEY, RECORDS[2:4], 0)
    assert lookups(connection) == before + 1
    assert sum(counted(SINK_ROWS).values()) == 4


def test_while_batches_repeat_the_next_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: None)
    write(sink, KEY, RECORDS[:2], 0)
    sink.on_revoked()
    write(sink, KEY, RECORDS[:3], 0)
    before = lookups(connection)
    write(sink, KEY, RECORDS[3:4], 0)
    assert lookups(connection) == before + 1


def test_a_batch_that_is_refused_whole_does_not_say_that_repeats_are_over(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    inserted: list[str] = []
    sink, _ = sink_on(monkeypatch, settings, lambda rows: inserted.extend(row[0] for row in rows))
    write(sink, KEY, RECORDS[1:3], 0)
    sink.on_revoked()
    assert len(write(sink, KEY, [RECORDS[0]._replace(value=b"{")], 0)) == 1
    inserted.clear()
    write(sink, KEY, RECORDS[1:3], 0)
    assert inserted == []


def test_a_batch_whose_refusals_could_not_be_told_is_looked_up_when_it_comes_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def away(refused: Sequence[Rejected]) -> None:
        raise Unacknowledged("Kafka", "no answer")

    inserted: list[str] = []
    sink, _ = sink_on(monkeypatch, settings, lambda rows: inserted.extend(row[0] for row in rows))
    batch = [RECORDS[0]._replace(value=b"{"), *RECORDS[1:3]]
    with pytest.raises(Unacknowledged):
        sink.write([make_events(KEY, batch)], away)
    inserted.clear()
    assert [rejected.record for rejected in write(sink, KEY, batch)] == batch[:1]
    assert inserted == []
