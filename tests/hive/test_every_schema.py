"""Recorded lines of all schemas, as workers store them: Hive answers as MySQL, topics and DuckDB.

By PyHive and by beeline, through tables and views; and how long a new schema takes to be a row.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pytest

from elfaust.audit.account import read_account
from elfaust.audit.hive import hive_status, in_hive
from elfaust.hive.server import Session, session
from elfaust.query.duck import DuckDb
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.trial.recorded import cases
from tests.hive.stored import (
    CAPSULE,
    Sent,
    alike,
    ask_mysql,
    differs,
    inputs,
    question,
    sent_events,
)
from tests.hive.test_analysts import java
from tests.integration.running import working

#: One in twenty is invalid.
LINES, EVENTS = 10_600, 10_070
SCHEMAS = 28
BY_UUID = itemgetter("uuid")
TIMES = ("received", "event_time")


@pytest.fixture
def streamed(hive: Settings) -> Settings:
    """Events of all schemas in MySQL, Parquet and Hive, as workers have brought them there."""
    # MySQL's FLOAT would have other sums.
    settings = replace(hive, mysql=replace(hive.mysql, number="DOUBLE"))
    with working(settings, forwarder=0) as codes:
        began = time.monotonic()
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES))
        print(f"{LINES} lines landed: {time.monotonic() - began:.1f} s")
        asyncio.run(in_hive(settings))
        print(f"all partitions in Hive: {time.monotonic() - began:.1f} s")
    assert set(codes.values()) == {0}
    return settings


@pytest.mark.long
@pytest.mark.timeout(2_400)
def test_hive_answers_as_the_other_stores(streamed: Settings) -> None:
    account = asyncio.run(read_account(streamed))
    assert account.problems == []
    assert hive_status(streamed, files=True).is_complete
    sent = sent_events(streamed)
    assert {key.schema for key in sent} == {line.key.schema for line in cases()[0]}
    assert (len(sent), sum(map(len, sent.values()))) == (SCHEMAS, EVENTS)
    with session(streamed.hive) as asked:
        asked.rows(f"USE `{streamed.hive.database}`")
        by_pyhive = sums_are_equal(streamed, asked, sent)
        values_are_equal(streamed, asked, sent)
        partitions_are_pruned(streamed, asked, sent)
    beeline_says(streamed, by_pyhive)


def sums_are_equal(
    settings: Settings, asked: Session, sent: dict[SchemaKey, Any]
) -> dict[SchemaKey, list[Any]]:
    """Compare rows, distinct uuids, and each column's count and sum, with MySQL's."""
    found, columns, began = {}, 0, time.monotonic()
    with closing(DuckDb(settings)) as duck:
        for key in sorted(sent):
            of = question(settings, key)
            [by_mysql], [by_hive] = ask_mysql(settings, of.mysql), asked.rows(of.hive)
            [by_duck] = duck.ask(of.duck).rows
            assert by_mysql[:2] == (len(sent[key]),) * 2
            assert alike(by_hive) == alike(by_mysql) == alike(by_duck), of.hive
            found[key], columns = alike(by_hive), columns + of.columns
    print(f"{columns} columns of {len(sent)} schemas: {time.monotonic() - began:.1f} s")
    return found


def values_are_equal(
    settings: Settings, asked: Session, sent: dict[SchemaKey, dict[str, Sent]]
) -> None:
    """Compare each value of each event with the topic's, and Hive's rows with DuckDB's."""
    columns = [*CAPSULE, "dt", "event", "useragent", "year", "hour", *TIMES]
    values, began = 0, time.monotonic()
    with closing(DuckDb(settings)) as duck:
        for key, events in sorted(sent.items()):
            sql = f"SELECT {', '.join(columns)} FROM {key.schema.lower()}"
            by_hive, by_duck = (
                sorted((dict(zip(columns, row, strict=True)) for row in rows), key=BY_UUID)
                for rows in (asked.rows(sql), duck.ask(sql).rows)
            )
            assert [of["uuid"] for of in by_hive] == sorted(events)
            for row, of_duck in zip(by_hive, by_duck, strict=True):
                row["event"] = json.loads(row["event"])
                row["useragent"] = row["useragent"] and json.loads(row["useragent"])
                _is_as_sent(row, events[row["uuid"]])
                of_duck |= {of: datetime.fromisoformat(of_duck[of]) for of in TIMES}
                assert row == of_duck
                values += sum(1 for _ in leaves(row))
    print(f"{values} values by Hive and DuckDB: {time.monotonic() - began:.1f} s")


def _is_as_sent(row: dict[str, Any], sent: Sent) -> None:
    capsule = sent.capsule
    assert differs(row["event"], capsule["event"]) == ""
    assert {name: row[name] for name in CAPSULE} == {
        name: capsule.get(of) for name, of in CAPSULE.items()
    }
    moment = sent.moment
    assert datetime.fromisoformat(row["dt"]) == moment
    assert (row["year"], row["hour"]) == (moment.year, moment.hour)
    # Hive's are without a zone, in UTC.
    assert row["event_time"].replace(tzinfo=UTC) == moment
    assert row["received"].replace(tzinfo=UTC).timestamp() * 1e3 == sent.received


def leaves(value: Any) -> Iterator[Any]:
    """Yield the values inside a row, or a part of one, that are not NULL."""
    if isinstance(value, dict | list):
        for of in value.values() if isinstance(value, dict) else value:
            yield from leaves(of)
    elif value is not None:
        yield value


def partitions_are_pruned(
    settings: Settings, asked: Session, sent: dict[SchemaKey, dict[str, Sent]]
) -> None:
    """Ask which partitions a question would read, through tables and views."""
    for key, events in sorted(sent.items()):
        hours = {tuple(of.moment.timetuple())[:4] for of in events.values()}
        year, month, day, hour = max(hours)
        wanted = [f"year={year}/month={month}/day={day}/hour={hour}"]
        where = f"year = {year} AND month = {month} AND day = {day} AND hour = {hour}"
        for source in (key.schema.lower(), f"{key.schema}_{key.revision}".lower()):
            assert len(inputs(asked, source, "TRUE")) == len(hours)
            assert inputs(asked, source, where) == wanted
            assert inputs(asked, source, "year = 1999") == []
    print(f"pruned: {len(sent)} tables and views")


def beeline_says(settings: Settings, by_pyhive: dict[SchemaKey, list[Any]]) -> None:
    """Ask the same by beeline."""
    hive, began = settings.hive, time.monotonic()
    address = f"jdbc:hive2://{hive.host}:{hive.port}/{hive.database};auth=noSasl"
    keys = sorted(by_pyhive)
    arguments = (of for key in keys for of in ("-e", f"{question(settings, key).hive};"))
    lines = java(
        settings,
        *("org.apache.hive.beeline.BeeLine", "--silent=true", "--outputformat=tsv2"),
        *("--showHeader=false", "-u", address, "-n", "analyst", *arguments),
        timeout=600.0,
    )
    rows = [alike(line.split("\t")) for line in lines if line]
    assert rows == [by_pyhive[key] for key in keys]
    print(f"{len(rows)} answers by beeline: {time.monotonic() - began:.1f} s")
