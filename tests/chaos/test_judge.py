"""The audit finds what is wrong: each fault is planted by hand among events that are right."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from elfaust.audit.audit import audit
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.parquet.table import to_bytes
from elfaust.storage import open_storage
from elfaust.trial.job import landed, send
from tests.integration.running import working

LINES = 1_500
#: Lines that nobody judges.
WAITING = 20
KEY = "HelpPanel_18731791"
#: A table with a number, and a schema with a property that recorded events have.
FLOATS, FLOAT_COLUMN = "CentralNoticeImpression_19540539", "event_randombanner"
MOVED, NARROW = "TemplateWizard_18794607", "KaiOSAppFeedback_19964006"
BOTH, BOTH_KEY = "SpecialMuteSubmit_19679477", "emailsBefore"


def execute(settings: Settings, statement: str) -> None:
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()


def lose_a_row(settings: Settings) -> None:
    execute(settings, f"DELETE FROM `{KEY}` LIMIT 1")


def change_a_value(settings: Settings) -> None:
    execute(settings, f"UPDATE `{KEY}` SET event_action = 'other' ORDER BY uuid DESC LIMIT 1")


def add_a_row(settings: Settings) -> None:
    execute(settings, f"INSERT INTO `{KEY}` (uuid) VALUES ('{'0' * 32}')")


def double_a_row(settings: Settings) -> None:
    execute(settings, f"ALTER TABLE `{KEY}` DROP INDEX ix_uuid, DROP COLUMN id")
    execute(settings, f"INSERT INTO `{KEY}` SELECT * FROM `{KEY}` ORDER BY uuid LIMIT 1")


def alter_a_float(settings: Settings) -> None:
    """Make a number the next one that a FLOAT can be."""
    column = f"`{FLOAT_COLUMN}`"
    execute(
        settings,
        f"UPDATE `{FLOATS}` SET {column} = {column} * (1 + 9e-8)"
        f" WHERE {column} > 0 ORDER BY uuid LIMIT 1",
    )


def halve_a_json_text(settings: Settings) -> None:
    execute(
        settings,
        # Some events have none.
        f"UPDATE `{KEY}` SET userAgent = LEFT(userAgent, CHAR_LENGTH(userAgent) - 1)"
        " WHERE CHAR_LENGTH(userAgent) > 1 ORDER BY uuid LIMIT 1",
    )


def lose_a_key_in_both(settings: Settings) -> None:
    """Remove a key that the topic has from the events of both stores."""
    storage, folder = open_storage(settings.hdfs), f"{settings.hdfs.root}/{BOTH.lower()}"
    path = next(iter(storage.walk(folder)))
    table = pq.read_table(io.BytesIO(storage.read(path)))
    events = [{**event, BOTH_KEY: None} for event in table["event"].to_pylist()]
    nothing = pa.array(events, table.schema.field("event").type)
    at = table.schema.names.index("event")
    storage.write(path, to_bytes(table.set_column(at, "event", nothing)))
    execute(settings, f"UPDATE `{BOTH}` SET `event_{BOTH_KEY}` = NULL")


def double_a_file(settings: Settings) -> None:
    storage, folder = open_storage(settings.hdfs), f"{settings.hdfs.root}/{KEY.lower()}"
    path = next(iter(storage.walk(folder)))
    storage.write(f"{path}.copy.parquet", storage.read(path))


def lose_files(settings: Settings) -> None:
    open_storage(settings.hdfs).delete(f"{settings.hdfs.root}/{FLOATS.lower()}")


def move_a_file(settings: Settings) -> None:
    """Move a file to the folder of another hour than that of its events."""
    storage, folder = open_storage(settings.hdfs), f"{settings.hdfs.root}/{MOVED.lower()}"
    path = next(iter(storage.walk(folder)))
    storage.make_folder(f"{folder}/year=1999")
    assert storage.rename(path, f"{folder}/year=1999/{path.rpartition('/')[2]}")


def lose_a_column(settings: Settings) -> None:
    storage, folder = open_storage(settings.hdfs), f"{settings.hdfs.root}/{NARROW.lower()}"
    path = next(iter(storage.walk(folder)))
    table = pq.read_table(io.BytesIO(storage.read(path)))
    storage.write(path, to_bytes(table.drop_columns(["seqid"])))


def put_a_file_under_the_root(settings: Settings) -> None:
    for name in ("x.parquet", "_SUCCESS", f"{KEY.lower()}/_SUCCESS"):
        open_storage(settings.hdfs).write(f"{settings.hdfs.root}/{name}", b"x")


def leave_a_file(settings: Settings) -> None:
    open_storage(settings.hdfs).write(f"{settings.hdfs.root}/_temporary/lane=0/1.parquet", b"x")


def go_ahead(settings: Settings) -> None:
    asyncio.run(commit_past_the_end(settings))


async def commit_past_the_end(settings: Settings) -> None:
    topic = settings.topics.event.format(schema="HelpPanel", revision=18731791)
    group = settings.kafka.app_id.format(role="mysql")
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        lane = TopicPartition(topic, 0)
        consumer.assign([lane])
        await consumer.commit({lane: 10_000_000})
    finally:
        await consumer.stop()


#: Fault: what the audit must say, of which place, and with which words.
PLANTED: list[tuple[Callable[[Settings], None], str, str, str]] = [
    (lose_a_row, "lost", f"MySQL {KEY}", ""),
    (change_a_value, "differs", f"MySQL {KEY}", "event_action: "),
    (alter_a_float, "differs", f"MySQL {FLOATS}", f"{FLOAT_COLUMN}: "),
    (halve_a_json_text, "differs", f"MySQL {KEY}", "userAgent: "),
    (lose_a_key_in_both, "differs", f"Parquet {BOTH}", f"event.{BOTH_KEY}: "),
    (lose_a_key_in_both, "differs", f"MySQL {BOTH}", f"event_{BOTH_KEY}: "),
    (double_a_row, "twice", f"MySQL {KEY}", ""),
    (add_a_row, "unknown", f"MySQL {KEY}", "0" * 32),
    (double_a_file, "twice", f"Parquet {KEY}", ""),
    (lose_files, "lost", f"Parquet {FLOATS}", ""),
    (move_a_file, "misplaced", f"Parquet {MOVED}", "/year=1999/"),
    (lose_a_column, "other columns", f"Parquet {NARROW}", "seqid: missing"),
    (put_a_file_under_the_root, "unreadable", "HDFS", "/x.parquet"),
    (leave_a_file, "left over", "HDFS", "lane=0/1.parquet"),
    (go_ahead, "ahead", "mysql ", "10000000"),
]


@pytest.fixture
def stored(quick: Settings) -> Settings:
    with working(quick, forwarder=0):
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, LINES, timeout=90.0))
        found = asyncio.run(audit(quick))
        assert (found.findings, found.incomplete) == ([], [])
    return quick


@pytest.mark.timeout(300)
def test_the_audit_finds_each_fault(stored: Settings) -> None:
    for plant in dict.fromkeys(plant for plant, *_ in PLANTED):
        plant(stored)
    asyncio.run(send(stored, WAITING))
    found = asyncio.run(audit(stored))
    for plant, kind, where, says in PLANTED:
        assert [
            finding
            for finding in found.findings
            if finding.kind == kind and where in finding.where and says in finding.detail
        ], f"{plant.__name__}: {found.findings}"
    assert found.incomplete == [f"processor has {WAITING} records before it"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("path", "stores"),
    [
        pytest.param(
            "raw/{schema}/{revision}/y={year}/m={month}/d={day}/h={hour}",
            "mysql hdfs",
            marks=pytest.mark.long,
        ),
        ("{year}/{month}/{day}/{hour}/{schema}_{revision}", "hdfs"),
    ],
)
def test_whatever_the_path_and_the_stores_nothing_is_found_where_all_is_right(
    quick: Settings, path: str, stores: str
) -> None:
    settings = replace(
        quick,
        hdfs=replace(quick.hdfs, path=path),
        processor=replace(quick.processor, stores=stores),
    )
    with working(settings, forwarder=0):
        asyncio.run(send(settings, WAITING))
        asyncio.run(landed(settings, WAITING, timeout=90.0))
        found = asyncio.run(audit(settings))
        assert (found.findings, found.incomplete) == ([], [])
