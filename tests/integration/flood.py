"""Floods of one schema while others flow: ten times what may wait in the worker, and trouble."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from tests.beside import beside
from tests.integration.flow import (
    LARGE,
    Delays,
    Flow,
    event,
    flood,
    memory,
    sample_of,
    table_of,
)
from tests.integration.running import working
from tests.integration.test_held_tables import until

Admin = Callable[[str], None]
ALONE = {"processor": 0, "hdfs": 0, "throughput": 0, "forwarder": 0, "mysql": 1}
ALTERED, LOCKED = SchemaKey("HelpPanel", 18731791), SchemaKey("TemplateWizard", 18794607)
#: Seconds of a lock that is shorter than the sink's patience, and between two.
LOCK_SECONDS, BETWEEN = 2.0, 1.0
MB = 1_000_000


@contextmanager
def altered(settings: Settings, admin: Admin) -> Iterator[None]:
    """Make a table take no rows: one of its columns is gone."""
    table = table_of(ALTERED)
    admin(f"ALTER TABLE {table} RENAME COLUMN event_action TO kept")
    yield
    admin(f"ALTER TABLE {table} RENAME COLUMN kept TO event_action")


@contextmanager
def slow(settings: Settings, admin: Admin) -> Iterator[None]:
    """Lock a table for a while, repeatedly: what is written to it waits, and goes on."""

    def lock(over: threading.Event) -> None:
        with closing(connect(settings.mysql)) as connection:
            while not over.wait(BETWEEN):
                connection.query(f"LOCK TABLES {table_of(LOCKED)} WRITE")
                over.wait(LOCK_SECONDS)
                connection.query("UNLOCK TABLES")

    with beside(lock):
        yield


@contextmanager
def locked(settings: Settings, admin: Admin) -> Iterator[None]:
    """Lock a table for longer than the sink waits."""
    with closing(connect(settings.mysql)) as connection:
        connection.query(f"LOCK TABLES {table_of(LOCKED)} WRITE")
        yield


@contextmanager
def as_it_is(settings: Settings, admin: Admin) -> Iterator[None]:
    """Do nothing to a table: its events are large."""
    yield


KINDS = {
    "held": (altered, ALTERED),
    "locked": (locked, LOCKED),
    "slow": (slow, LOCKED),
    "100 kB": (as_it_is, SchemaKey("Large", 1)),
}


class Trial(NamedTuple):
    """How late the others were, and the worker's memory, bytes.

    Before a flood, while there was trouble, and after it until the flood was stored.
    """

    early: Delays
    late: Delays
    after: Delays
    memory: int
    peak: int


def flooded(settings: Settings, admin: Admin, kind: str, count: int, seconds: float) -> Trial:
    """Flood a schema with `count` events; all are stored in the end, once."""
    harm, key = KINDS[kind]
    flow, sample = Flow(settings), sample_of(key)
    flood(settings, key, sample, range(1))
    with working(settings, **ALONE) as running, flow.running():
        until(lambda: rows(settings, key) == 1 and flow.is_warm, "the tables are there")
        began = time.time()
        time.sleep(seconds)
        before, flow.peak = memory(settings), 0
        with harm(settings, admin):
            harmed = time.time()
            flood(settings, key, sample, range(1, count))
            published = time.time()
            time.sleep(max(0.0, harmed + seconds - published))
            over = time.time()
        until(lambda: rows(settings, key) == count, "the flood is stored", 300.0)
        stored = time.time()
        until(lambda: flow.delays(harmed, stored).open == 0, "the others are stored")
        early, late, after = (
            flow.delays(*span) for span in pairwise((began, harmed, over, stored))
        )
        trial = Trial(early, late, after, before, flow.peak)
    assert running.ended == []
    print(
        f"\n{kind}: {count} events of {len(event(sample, 0))} bytes, published in"
        f" {published - harmed:.1f} s; trouble {over - harmed:.1f} s, stored {stored - over:.1f} s"
        f" later; others' median and p99, s: before {shown(trial.early)}, during"
        f" {shown(trial.late)}, until stored {shown(trial.after)}; memory {before // MB} MB before,"
        f" {trial.peak // MB} MB at most"
    )
    return trial


def shown(delays: Delays) -> str:
    return f"{delays.median:.2f} {delays.p99:.2f} ({delays.events} events)"


def rows(settings: Settings, key: SchemaKey) -> int:
    """Return how many rows the table of a schema has, 0 where there is none."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SHOW TABLES LIKE '{table_of(key)}'")
        if not cursor.fetchall():
            return 0
        cursor.execute(f"SELECT COUNT(*) FROM {table_of(key)}")
        [(count,)] = cursor.fetchall()
    return int(count)


def with_large(settings: Settings, folder: Path) -> Settings:
    """Return settings whose schemas are the project's and the large one."""
    shutil.copytree(settings.schemas.folder, folder)
    (folder / "Large").mkdir()
    (folder / "Large" / "1.json").write_text(json.dumps({"properties": LARGE}))
    return replace(settings, schemas=replace(settings.schemas, folder=str(folder)))
