"""A write that failed leaves nothing behind, and is the server's trouble or its table's alone."""

from __future__ import annotations

from itertools import count

import MySQLdb
import pytest
from MySQLdb.constants import CR

from elfaust.errors import ServerAway, TableTrouble
from elfaust.settings import Settings
from elfaust.testing import write
from tests.unit.sinks.mysql.fakes import GONE, KEY, RECORDS, FakeConnection, sink_on


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (GONE, ServerAway),
        (MySQLdb.OperationalError(CR.SERVER_LOST, "Lost connection during query"), ServerAway),
        (MySQLdb.OperationalError(9999, "Nobody has seen it before"), TableTrouble),
    ],
)
def test_nothing_of_a_write_that_failed_is_in_the_next_commit(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, error: Exception, raised: type[Exception]
) -> None:
    errors = [None, error, None]
    sink, connection = sink_on(monkeypatch, settings, lambda rows: errors.pop(0))
    with pytest.raises(raised):
        write(sink, KEY, RECORDS)
    write(sink, KEY, RECORDS[6:])
    assert [row[0] for row in connection.committed] == [f"{n:032x}" for n in (6, 7)]


@pytest.mark.parametrize(("others", "raised"), [(True, TableTrouble), (False, ServerAway)])
def test_what_takes_too_long_is_its_table_s_trouble_where_the_server_answers_others(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, others: bool, raised: type[Exception]
) -> None:
    sink, connection = sink_on(monkeypatch, settings, lambda rows: GONE)
    connections = [connection, connection] if others else [connection]

    def connect(_: object) -> FakeConnection:
        if not connections:
            raise GONE
        return connections.pop()

    monkeypatch.setattr("elfaust.sinks.mysql.sink.connect", connect)
    seconds = count(step=int(settings.mysql.timeout))
    monkeypatch.setattr("elfaust.sinks.mysql.sink.monotonic", lambda: next(seconds))
    with pytest.raises(raised):
        write(sink, KEY, RECORDS)
    assert connection.committed == []
    assert ("KILL 1" in connection.statements) == others
