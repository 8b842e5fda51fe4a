"""What comes while workers run: a schema nobody had, another revision whose types are wider."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from elfaust.audit.account import read_account
from elfaust.audit.hive import in_hive
from elfaust.devstack.hive import with_hive
from elfaust.devstack.stack import Stack
from elfaust.errors import HiveRefuses
from elfaust.hive.server import Session, session
from elfaust.query.duck import DuckDb
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.storage import open_storage
from elfaust.trial.job import landed
from elfaust.trial.recorded import cases
from tests import REPOSITORY
from tests.chaos.trial import until
from tests.hive.sending import publish, sent_of
from tests.hive.stored import differs, inputs, sent_events
from tests.integration.running import working

OLD, NEW = SchemaKey("TemplateWizard", 18794607), SchemaKey("TemplateWizard", 18794608)
LATE = "VirtualPageView"
LINES = 100


def schemas_in(folder: Path, settings: Settings, *left_out: str) -> Settings:
    """Return settings with a folder of schemas of their own, without some."""
    shutil.copytree(REPOSITORY / "schemas", folder, ignore=shutil.ignore_patterns(*left_out))
    return replace(settings, schemas=replace(settings.schemas, folder=str(folder)))


def widen(folder: Path) -> None:
    """Write a revision whose integers are numbers or texts, with and without some properties."""
    file = folder / OLD.schema / f"{OLD.revision}.json"
    schema = json.loads(file.read_text())
    properties = schema["properties"]
    del properties["page_title"]
    properties["namespace_id"]["type"] = "string"
    properties["revision_id"]["type"] = "number"
    properties["performer"]["properties"]["user_id"]["type"] = "number"
    properties["added"] = {"type": "array", "items": {"type": "boolean"}}
    file.with_stem(str(NEW.revision)).write_text(json.dumps(schema))


def lines_of_new() -> list[bytes]:
    """Return the recorded lines of the older revision, as the newer one has them."""
    lines = []
    for number, line in enumerate(of for of in cases()[0] if of.key == OLD):
        if line.kind != "client":
            continue
        text, rest = line.before.split(b"\t", 1)
        capsule = json.loads(unquote(text.decode()).strip("?;"))
        capsule["revision"], event = NEW.revision, capsule["event"]
        event.pop("page_title", None)
        event["added"] = [True, False]
        event["namespace_id"] = f"ns {number}"
        event["revision_id"] = number + 0.5
        if "user_id" in event.get("performer", {}):
            event["performer"]["user_id"] = number + 0.25
        made = f"?{quote(json.dumps(capsule))};\t".encode()
        after = line.after.replace(b"@", b"2026-03-08T02:30:00", 1)
        lines.append(made + rest + b"%d" % number + after)
    return lines


@pytest.mark.long
def test_a_view_unites_revisions_whose_types_differ(hive: Settings, tmp_path: Path) -> None:
    settings = schemas_in(tmp_path / "schemas", hive)
    with working(settings, forwarder=0) as codes:
        sent_of(settings, [OLD.schema], LINES)
        asyncio.run(landed(settings, LINES))
        asyncio.run(in_hive(settings))
        widen(tmp_path / "schemas")
        lines = lines_of_new()
        asyncio.run(publish(settings, [("client", line) for line in lines]))
        asyncio.run(landed(settings, LINES + len(lines)))
        asyncio.run(in_hive(settings))
    assert set(codes.values()) == {0}
    assert asyncio.run(read_account(settings)).problems == []
    sent = sent_events(settings)
    # Some recorded lines are refused.
    assert sent.keys() == {OLD, NEW}
    assert len(sent[NEW]) == len(lines) > 0 < len(sent[OLD])
    sql = "SELECT uuid, revision, event FROM templatewizard ORDER BY uuid"
    with session(settings.hive) as asked, closing(DuckDb(settings)) as duck:
        asked.rows(f"USE `{settings.hive.database}`")
        rows = [[*row[:2], json.loads(row[2])] for row in asked.rows(sql)]
        assert list(duck.ask(sql).rows) == rows
        [of_hive] = asked.rows(SUMS)
        [of_duck] = duck.ask(SUMS).rows
        partitions_of_both_are_pruned(asked)
    for uuid, revision, event in rows:
        key = SchemaKey(OLD.schema, revision)
        assert differs(event, widened(key, sent[key][uuid].capsule["event"])) == ""
    assert list(of_hive) == of_duck
    assert of_hive[0] == of_hive[1] == len(sent[OLD]) + len(lines)


#: Over both revisions: a number that was an integer, a text that was one.
SUMS = (
    "SELECT count(*) c, count(DISTINCT uuid) d, sum(event.revision_id) r, "
    "sum(event.performer.user_id) p, count(DISTINCT event.namespace_id) n FROM templatewizard"
)


def widened(key: SchemaKey, event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as the view of both revisions has it."""
    if key == OLD and "namespace_id" in event:
        return {**event, "namespace_id": str(event["namespace_id"])}
    return event


def partitions_of_both_are_pruned(asked: Session) -> None:
    late = ["year=2026/month=3/day=8/hour=2"]
    assert inputs(asked, "templatewizard", "month = 3 AND day = 8") == late
    assert inputs(asked, "templatewizard", "year = 1999") == []
    assert len(inputs(asked, "templatewizard", f"revision = {NEW.revision}")) == 1
    assert len(inputs(asked, "templatewizard", "TRUE")) > 1


@pytest.mark.long
def test_a_new_schema_is_rows_of_hive_without_a_hand(
    hive_stack: Stack, fresh: Settings, tmp_path: Path
) -> None:
    # As the settings are by default: no store writes more often for the test.
    settings = with_hive(schemas_in(tmp_path / "schemas", fresh, LATE))
    try:
        seconds = first_row(settings, tmp_path / "schemas")
    finally:
        with session(settings.hive) as asked:
            asked.rows(f"DROP DATABASE IF EXISTS `{settings.hive.database}` CASCADE")
    hdfs, hive, topics = settings.hdfs, settings.hive, settings.topics
    longest = hdfs.flush_seconds + hive.seconds + topics.discover_interval
    print(", ".join(f"{what}: {of:.1f} s" for what, of in seconds.items()), f"of {longest:.0f} s")
    # Waits of the settings, and what servers take that do something else meanwhile.
    assert seconds["first row"] < longest + 40


def first_row(settings: Settings, folder: Path) -> dict[str, float]:
    """Return after how many seconds the first event of a new schema was where."""
    storage, seconds = open_storage(settings.hdfs), dict[str, float]()
    with working(settings, forwarder=0) as codes, session(settings.hive) as asked:
        sent_of(settings, ["SaveTiming"], LINES)
        asyncio.run(landed(settings, LINES))
        asyncio.run(in_hive(settings))
        shutil.copytree(REPOSITORY / "schemas" / LATE, folder / LATE)
        began = time.monotonic()

        def when(what: str, condition: Any) -> None:
            until(condition, what)
            seconds[what] = time.monotonic() - began

        def rows(sql: str) -> list[tuple[Any, ...]]:
            try:
                return asked.rows(sql)
            except HiveRefuses:
                # There is no such view yet.
                return []

        sent_of(settings, [LATE], LINES)
        seconds["sent"] = time.monotonic() - began
        name, database = LATE.lower(), settings.hive.database
        when("in HDFS", lambda: any(f"/{name}_" in of for of in storage.walk(settings.hdfs.root)))
        when("view", lambda: rows(f"SHOW TABLES IN `{database}` LIKE '{name}'"))
        when("first row", lambda: rows(f"SELECT event FROM `{database}`.{name} LIMIT 1"))
        asyncio.run(landed(settings, 2 * LINES))
        asyncio.run(in_hive(settings))
        [(count,)] = asked.rows(f"SELECT count(*) FROM `{database}`.{name}")
    [events] = [of for key, of in sent_events(settings).items() if key.schema == LATE]
    assert (count, set(codes.values())) == (len(events), {0})
    return seconds
