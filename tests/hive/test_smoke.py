"""From a raw line to a row of HiveServer2, without a hand: what `make test` has of Hive."""

from __future__ import annotations

import asyncio

from elfaust.audit.account import read_account
from elfaust.audit.hive import hive_status, in_hive
from elfaust.hive.server import session
from elfaust.settings import Settings
from elfaust.trial.job import landed
from tests.hive.sending import sent_of
from tests.integration.running import working

SCHEMAS = ("SaveTiming", "VirtualPageView")
LINES = 60


def test_events_of_new_schemas_are_rows_of_tables_and_views(hive: Settings) -> None:
    with working(hive, forwarder=0) as codes:
        sent_of(hive, SCHEMAS, LINES)
        asyncio.run(landed(hive, LINES, timeout=90.0))
        asyncio.run(in_hive(hive))
        account = asyncio.run(read_account(hive))
    assert account.problems == []
    stored = {entry.key.schema: entry.in_hive for entry in account.entries if entry.valid}
    assert stored.keys() == set(SCHEMAS)
    assert all(rows is not None and rows.events > 0 for rows in stored.values())
    assert hive_status(hive, files=True).is_complete
    with session(hive.hive) as asked:
        [(rows, nested, times)] = asked.rows(
            f"SELECT count(*), count(event.savetiming), count(event_time) "
            f"FROM `{hive.hive.database}`.savetiming WHERE year >= 2026 AND hour < 24"
        )
    of_view = stored["SaveTiming"]
    assert of_view is not None
    assert (rows, times) == (of_view.events, of_view.events)
    assert 0 < nested <= rows
    assert set(codes.values()) == {0}
