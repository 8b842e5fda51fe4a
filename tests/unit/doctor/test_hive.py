"""What doctor says of Hive: away, refusing, empty, complete, or with something that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from elfaust.checks import Check
from elfaust.doctor import hive
from elfaust.doctor.examination import examine_all
from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.found import Difference
from elfaust.hive.status import Status, TableStatus
from elfaust.settings import Settings

BASE = Settings()
METASTORE, SERVER = "Hive metastore thrift://meta:9083", "HiveServer2 asked:10000"
TABLE = TableStatus("edit_1", True, 7, 0)
COMPLETE = Status((TABLE,), (), (), ())
TOLD = Difference("edit_1", "is not external: DROP TABLE deletes the files", "ALTER TABLE")


def settings(metastore: str = "", host: str = "") -> Settings:
    return replace(BASE, hive=replace(BASE.hive, metastore=metastore, host=host))


def examined(metastore: str = "", host: str = "") -> list[Check]:
    of = settings(metastore, host)
    return examine_all(of, hive.subjects(of))


def answering(monkeypatch: pytest.MonkeyPatch, status: Status | Exception, *names: str) -> None:
    """Have a metastore with some databases, and what comparing it says."""

    @contextmanager
    def connected(of: object) -> Iterator[Callable[..., Any]]:
        yield lambda ask: list(names)

    def hive_status(of: Settings) -> Status:
        if isinstance(status, Exception):
            raise status
        return status

    monkeypatch.setattr(hive, "connected", connected)
    monkeypatch.setattr(hive, "hive_status", hive_status)


def test_nothing_is_checked_where_hive_is_off() -> None:
    assert hive.subjects(BASE) == []


def test_servers_that_do_not_listen_fail_by_name_with_a_cure() -> None:
    metastore, server = examined("thrift://127.0.0.1:1", "127.0.0.1")
    assert (metastore.name, metastore.outcome) == ("Hive metastore thrift://127.0.0.1:1", "fail")
    assert "not checked: tables of Hive" in metastore.detail
    assert "hive.metastore" in metastore.cure
    assert (server.name, server.outcome) == ("HiveServer2 127.0.0.1:10000", "fail")
    assert "hive.host" in server.cure


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        (COMPLETE, "ok", "1 tables, 7 partitions"),
        (replace(COMPLETE, tables=(TABLE._replace(missing=3),)), "warn", "3 partitions"),
        (replace(COMPLETE, views_missing=("edit",)), "warn", "1 views"),
        (replace(COMPLETE, told=(TOLD,)), "warn", "edit_1 is not external"),
        (ServerAway("HDFS", "no answer"), "warn", "HDFS"),
    ],
)
def test_tables_are_compared(
    monkeypatch: pytest.MonkeyPatch, status: Status | Exception, outcome: str, words: str
) -> None:
    answering(monkeypatch, status, "default", "event")
    there, tables = examined("thrift://meta:9083")
    assert (there.name, there.outcome) == (METASTORE, "ok")
    assert (tables.name, tables.outcome) == (hive.TABLES, outcome)
    assert words in tables.detail
    assert bool(tables.cure) == (outcome != "ok")


def test_a_database_that_is_not_there_yet_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ServerAway("HDFS", "is not asked"), "default")
    _, tables = examined("thrift://meta:9083")
    assert (tables.outcome, "not there yet" in tables.detail) == ("ok", True)


@pytest.mark.parametrize("refuses", [False, True])
def test_hiveserver2_has_to_run_a_query(monkeypatch: pytest.MonkeyPatch, refuses: bool) -> None:
    class Asked:
        def rows(self, sql: str) -> list[tuple[int]]:
            if refuses:
                raise HiveRefuses("HiveServer2", "no right")
            return [(1,)]

    @contextmanager
    def session(of: object) -> Iterator[Asked]:
        yield Asked()

    monkeypatch.setattr(hive, "session", session)
    [found] = examined(host="asked")
    assert (found.name, found.outcome) == (SERVER, "fail" if refuses else "ok")
