"""Tables that people alter, drop or lock, and what else goes wrong inside MySQL, under load."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.devstack.stack import Stack
from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import quoted
from tests.chaos.proxy import CommitLoser
from tests.chaos.trial import (
    Load,
    Outcome,
    by_topic,
    held,
    judged,
    one_topic_waits,
    others_go_on,
    until,
    workers_of,
)
from tests.integration.running import READERS, working

Note = Callable[[Outcome], None]
Admin = Callable[[str], None]
KEY = SchemaKey("HelpPanel", 18731791)
TABLE = "HelpPanel_18731791"
#: A table is moved away where it would be dropped: the judge wants its rows again.
KEPT = "kept"
LOCK_SECONDS = 30.0
DEADLOCKS = 5
LOST_COMMITS = 5
#: Rows that make a transaction so large that InnoDB would rather end the sink's.
HEAVY_ROWS = 20_000
#: Size of a disk that gets full, and the file that fills it.
ROOM, FILLER = "64m", "filler"


def query(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def has_rows(settings: Settings) -> bool:
    found = query(settings, f"SHOW TABLES LIKE '{TABLE}'")
    return bool(found) and query(settings, f"SELECT COUNT(*) FROM {TABLE}") > [(0,)]


@contextmanager
def loaded(settings: Settings) -> Iterator[Load]:
    """Run workers and the load; begin when the table has rows."""
    with working(settings, forwarder=0), Load(settings).running() as load:
        until(lambda: all(workers_of(settings, role) for role in READERS), "all have lanes")
        until(lambda: has_rows(settings), f"{TABLE} has rows")
        yield load


def waits_alone(settings: Settings, part: str) -> dict[str, int]:
    """Wait until the table's events wait, for a reason that is named, and all others go on."""
    topic = TopicNames(settings).event(KEY)
    assert TABLE in until(lambda: held(settings, "mysql"), "mysql holds a table")
    return one_topic_waits(settings, "mysql", topic, part)


#: Fault: how the table is altered and mended. Values of the column are kept beside it.
ALTERED = {
    "column gone": (
        "RENAME COLUMN event_action TO kept",
        "RENAME COLUMN kept TO event_action",
    ),
    "column of another type": (
        "RENAME COLUMN event_action TO kept, ADD COLUMN event_action INT",
        "DROP COLUMN event_action, RENAME COLUMN kept TO event_action",
    ),
}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", ALTERED)
def test_one_altered_table_holds_up_no_other(
    limited: Settings, admin: Admin, note: Note, fault: str
) -> None:
    alter, mend = ALTERED[fault]
    with loaded(limited) as load:
        admin(f"ALTER TABLE {TABLE} {alter}")
        waits_alone(limited, "does not fit its schema")
        admin(f"ALTER TABLE {TABLE} {mend}")
        undone = time.monotonic()
        note(judged(limited, fault, 1, load.stop(), undone))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_dropped_table_loses_the_rows_it_had_and_no_other(
    limited: Settings, admin: Admin, note: Note
) -> None:
    topic = TopicNames(limited).event(KEY)
    missing = f"FROM {KEPT} WHERE uuid NOT IN (SELECT uuid FROM {TABLE})"
    with loaded(limited) as load:
        # What is not acknowledged may come again, and be stored in the new table too.
        until(lambda: by_topic(limited, "mysql").get(topic), "rows are acknowledged")
        admin(f"RENAME TABLE {TABLE} TO {KEPT}")
        until(lambda: has_rows(limited), f"{TABLE} has rows again")
        undone = time.monotonic()
        first = judged(limited, "table dropped", 1, load.stop(), undone)
        [(gone,)] = query(limited, f"SELECT COUNT(*) {missing}")
        assert gone
        assert (first.lost, first.twice) == (gone, 0)
        schema = Registry(limited.schemas).find(KEY)
        names = [quoted(c.name) for c in columns_of(KEY, schema.event) if c.name != "id"]
        columns = ", ".join(names)
        admin(f"INSERT INTO {TABLE} ({columns}) SELECT {columns} {missing}")
        again = judged(limited, first.fault, 1, first.lines, undone)
        note(replace(again, recovery=first.recovery))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_lock_holds_up_its_table_alone(
    quick: Settings, limited: Settings, admin: Admin, note: Note
) -> None:
    with loaded(limited) as load, closing(connect(quick.mysql)) as connection:
        connection.query(f"LOCK TABLES {TABLE} WRITE")
        until_over = time.monotonic() + LOCK_SECONDS
        before = waits_alone(limited, "is locked")
        time.sleep(max(0.0, until_over - time.monotonic()))
        topic = TopicNames(limited).event(KEY)
        assert by_topic(limited, "mysql")[topic] == before[topic]
        connection.query("UNLOCK TABLES")
        undone = time.monotonic()
        note(judged(limited, "table locked for 30 s", 1, load.stop(), undone))


def deadlocks(settings: Settings) -> int:
    [(_, count)] = query(settings, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
    return int(count)


def waits_for_a_lock(settings: Settings) -> bool:
    waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    return query(settings, waiting) > [(0,)]


def cross(settings: Settings, connection: Any) -> None:
    """Lock half of the table's uuids, and the other half once the sink waits for the first.

    Where the sink holds a row of that other half, this is a deadlock; where it does not, nothing.
    Raises MySQLdb.Error if it is this transaction that InnoDB ends.
    """
    half = f"SELECT uuid FROM {TABLE} FORCE INDEX (ix_uuid) WHERE uuid {{}} '8' FOR UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO heavy SELECT seq FROM seq_1_to_{HEAVY_ROWS}")
        cursor.execute(half.format("<"))
        until(lambda: waits_for_a_lock(settings), "the sink waits for a lock", 20)
        cursor.execute(half.format(">="))
    connection.rollback()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_deadlock_with_the_sink_as_its_victim(
    quick: Settings, limited: Settings, admin: Admin, note: Note
) -> None:
    admin("CREATE TABLE heavy (n INT)")
    with loaded(limited) as load, closing(connect(quick.mysql)) as connection:
        before = deadlocks(quick)
        while (times := deadlocks(quick) - before) < DEADLOCKS:
            cross(quick, connection)
        undone = time.monotonic()
        note(judged(limited, "deadlock, sink the victim", times, load.stop(), undone))


def lose_one(way: CommitLoser) -> None:
    before = way.lost
    way.lose_one()
    until(lambda: way.lost > before, "an answer to COMMIT is lost")


@pytest.mark.timeout(300)
def test_an_answer_to_commit_that_is_lost_stores_nothing_twice(
    limited: Settings, note: Note
) -> None:
    with CommitLoser(limited.mysql.host, limited.mysql.port).running() as way:
        through = replace(limited, mysql=replace(limited.mysql, port=way.port))
        with loaded(through) as load:
            for _ in range(LOST_COMMITS):
                lose_one(way)
            undone = time.monotonic()
            note(judged(limited, "answer to COMMIT lost", way.lost, load.stop(), undone))


def revive(stack: Stack) -> None:
    """Start MariaDB if it has ended."""
    server = stack.server("mariadb")
    if not server.pid():
        server.start()
        server.wait_ready(60)


@contextmanager
def little_room(settings: Settings, stack: Stack, admin: Admin) -> Iterator[Path]:
    """Put the database's folder on a disk of its own; yield that folder."""
    folder = Path(settings.stack.dir).resolve() / "mariadb" / "data" / settings.mysql.database
    options = (folder / "db.opt").read_bytes()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], check=True)
    try:
        (folder / "db.opt").write_bytes(options)
        yield folder
    finally:
        try:
            (folder / FILLER).unlink(missing_ok=True)
            revive(stack)
            # Before their files go: InnoDB would look for them at its next start.
            for (table,) in query(settings, "SHOW TABLES"):
                admin(f"DROP TABLE {quoted(table)}")
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(file: Path) -> None:
    """Write a file until the disk is full."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1_000_000))


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting is root's")
def test_a_full_disk_of_mysql_is_waited_for(
    limited: Settings, stack: Stack, admin: Admin, note: Note
) -> None:
    with little_room(limited, stack, admin) as folder, loaded(limited) as load:
        fill(folder / FILLER)
        others_go_on(limited, "mysql", "MySQL")
        (folder / FILLER).unlink()
        # Where InnoDB finds no room to roll back it ends MariaDB (10.11: "Out of disk space").
        revive(stack)
        undone = time.monotonic()
        note(judged(limited, "MariaDB's disk full", 1, load.stop(), undone))
