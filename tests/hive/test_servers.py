"""Hive's servers as they are started."""

from __future__ import annotations

from contextlib import closing

from pyhive import hive as clients

from elfaust.settings import Settings
from tests.servers import metastore


def test_both_servers_answer_in_a_zone_that_is_not_utc(hive: Settings) -> None:
    with metastore(hive) as client:
        assert "default" in client.get_all_databases()
    session = clients.connect(hive.hive.host, hive.hive.port, auth=hive.hive.auth)
    with closing(session), closing(session.cursor()) as cursor:
        cursor.execute(
            "SELECT from_unixtime(0), CAST(from_utc_timestamp('1970-01-01', 'UTC') AS STRING)"
        )
        assert cursor.fetchall() == [("1969-12-31 16:00:00", "1970-01-01 00:00:00")]
