"""The field cases on real servers, in one run with good events between, and a file that is
forwarded while it is rotated and cut.

Each stopped a role, lost a line, or was in one store and not in the other.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from elfaust.audit.audit import audit
from elfaust.counts.reader import read_counts
from elfaust.names import TopicNames
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.storage import open_storage
from tests.field_cases import given, write_schemas
from tests.integration.hostile_inputs import Hostile, sent
from tests.integration.hostile_trial import read, with_good, write
from tests.integration.running import EVERY, working
from tests.integration.test_hostile_inputs import PATIENCE, landed, readiness, trial_of

TEXT = {"properties": {"s": {"type": "string"}}}


def schemas() -> dict[str, Any]:
    """Return the schemas of all cases, each under a name of its own."""
    return {
        "FText/1": TEXT,
        "Log/1": TEXT,
        **given(1)["schemas"],
        **given(8)["schemas"],
        **{key.replace("C", "Keys"): of for key, of in given(11)["schemas"].items()},
        **given(12)["schemas"],
        "Wide/1": given(14)["schema"],
        "Float/1": given(23)["schema"],
    }


def numbered(line: str) -> bytes:
    """Return a line of a server under a number that no other line has."""
    return b"@seq@ " + line.partition(" ")[2].encode()


def lines() -> Iterator[Hostile]:
    """Yield what is sent, and what is right of it."""
    bad, good = given(1)["server_lines"]
    no_name = "has a character that no name"
    yield Hostile("01 A", numbered(bad), "consumer", no_name, is_server=True)
    yield Hostile("01 Ok", numbered(good), row={"event_s": "x"}, is_server=True)
    yield Hostile("01 B", sent("B", {"foo ": "x"}), "consumer", "ends with a space")
    yield Hostile("01 C", sent("C", {"a\0": "x"}), "consumer", no_name)
    for record in given(4)["records"]:
        [(key, value)] = record["headers"]
        headers = [(key, None if value is None else value.encode())]
        yield Hostile("04", numbered(record["value"]), headers=headers, is_server=True)
    for record in given(5)["records"]:
        value, stamp = record["value"].encode(), record["timestamp_ms"]
        yield Hostile("05", value, "processor", timestamp=stamp, is_server=True)
    for line in given(7)["client_lines"]:
        yield Hostile("07", line.encode(), "consumer", "is not a valid time")
    for key in given(8)["schemas"]:
        event, row = given(8)["event"], {"event_default": given(8)["event"]["default"]}
        yield Hostile(f"08 {key}", sent("P", event, revision=int(key[-1])), row=row)
    for revision, event in enumerate(given(11)["events"], 1):
        line = sent("Keys", event, revision=revision)
        yield Hostile(f"11 {revision}", line, row={"event_c": event["c"]})
    for key in given(12)["schemas"]:
        line = sent("L", given(12)["event"], revision=int(key[-1]))
        yield Hostile(f"12 {key}", line, "processor")
    yield Hostile("14", sent("Wide", {"p0": "x"}), "consumer", "InnoDB's page")
    for event in given(23)["events"]:
        yield Hostile("23", sent("Float", event), "consumer", "$.event.n: ")


class Log:
    """Case 18: a log that is rotated, and then cut, while the forwarder follows it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.texts: list[str] = []

    def write(self, *texts: str) -> None:
        capsule = {"schema": "Log", "revision": 1, "wiki": "w", "recvFrom": "log"}
        with self._file.open("ab") as out:
            for text in texts:
                self.texts.append(text)
                event = {"dt": "2026-11-25T16:00:00Z", "event": {"s": text}}
                shown = json.dumps({**capsule, **event}, separators=(",", ":"))
                out.write(b"%d EventLogging %s\n" % (len(self.texts), shown.encode()))

    def rotate(self) -> None:
        self._file.rename(self._file.with_name(f"{self._file.name}.1"))

    def cut(self) -> None:
        os.truncate(self._file, 0)

    def wait(self, settings: Settings) -> None:
        """Wait until the table has each line."""
        deadline = time.monotonic() + PATIENCE
        while (found := texts_of(settings)) != sorted(self.texts):
            assert time.monotonic() < deadline, found
            time.sleep(0.2)


def texts_of(settings: Settings) -> list[str]:
    """Return what the table of the log's lines holds, nothing where there is none yet."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES LIKE 'Log\\_1'")
        if not cursor.fetchall():
            return []
        cursor.execute("SELECT event_s FROM Log_1 ORDER BY event_s")
        return [text for (text,) in cursor.fetchall()]


def in_parquet(settings: Settings, folder: str) -> list[dict[str, Any]]:
    """Return the rows of all files of a folder."""
    storage = open_storage(settings.hdfs)
    files = storage.walk(f"{settings.hdfs.root}/{folder}")
    tables = [pq.read_table(io.BytesIO(storage.read(path))) for path in files]
    return [row for table in tables for row in table.to_pylist()]


def differences(settings: Settings, places: dict[Any, Hostile], topics: Sequence[str]) -> list[str]:
    """Return what is otherwise than it must be of each line that was sent."""
    found = asyncio.run(read(settings, TopicNames(settings).error, topics))
    return [
        f"{sent.name}: {difference}"
        for place, sent in places.items()
        for difference in found.differences(place, sent, is_held=False)
    ]


@pytest.mark.timeout(120)
def test_what_was_reported_of_other_pipelines_on_real_servers(
    quick: Settings, tmp_path: Path
) -> None:
    settings, log = trial_of(quick, tmp_path / "schemas"), Log(tmp_path / "x.log")
    write_schemas(tmp_path / "schemas", schemas())
    forwarder = replace(
        settings.forwarder, source=str(tmp_path / "x.log"), follow=True, rotate_seconds=0.2
    )
    settings, names = replace(settings, forwarder=forwarder), TopicNames(settings)
    records = list(with_good(list(lines()), each=2))
    log.write("A1", "A2", "A3")
    with working(settings) as running:
        places = asyncio.run(write(settings, records))
        log.wait(settings)
        log.rotate()
        log.write(*(f"B{n}" for n in range(1, 6)))
        log.wait(settings)
        log.cut()
        log.write("C1")
        log.wait(settings)
        lags = asyncio.run(landed(settings, running, len(records) + len(log.texts)))
        ready = readiness(settings)
        assert ready.keys() == set(EVERY)
        assert all(said["ready"] and not said["unforeseen"] for said in ready.values()), ready
        topics = sorted({lag.topic for lag in lags if names.schema_of(lag.topic)})
        assert differences(settings, places, topics) == []
        assert list(map(str, asyncio.run(audit(settings)).findings)) == []
    assert running.ended == []
    assert running == dict.fromkeys((f"{role}-0" for role in EVERY), 0)
    errors = sum(bool(record.code) for record in records)
    total = asyncio.run(read_counts(settings)).as_json()["total"]
    assert total["lines"] == len(records) + len(log.texts)
    assert total["stored"] == total["lines"] - errors
    assert sorted(row["event"]["s"] for row in in_parquet(settings, "log_1")) == log.texts
    for revision, event in enumerate(given(11)["events"], 1):
        [row] = in_parquet(settings, f"keys_{revision}")
        assert row["event"] | json.loads(row["event_unnamed"]) == event
