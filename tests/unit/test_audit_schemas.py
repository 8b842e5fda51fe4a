"""What the audit does with events whose schema is not known on this machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import orjson

from elfaust.account import Scanned
from elfaust.audit import _Judge
from elfaust.settings import Settings
from elfaust.topics import TopicNames
from elfaust.types import Record, SchemaKey


def test_events_of_a_schema_that_is_not_known_here_are_told_of_and_end_nothing(
    tmp_path: Path,
) -> None:
    settings = Settings()
    settings = dataclasses.replace(
        settings,
        schemas=dataclasses.replace(settings.schemas, folder=str(tmp_path)),
        workers=dataclasses.replace(settings.workers, state=str(tmp_path / "state")),
        hdfs=dataclasses.replace(settings.hdfs, storage="local", root=str(tmp_path / "hdfs")),
    )
    topic = TopicNames(settings).event(SchemaKey("Gone", 7))
    records = [Record(orjson.dumps({"uuid": str(n)}), n, 0, "", -1) for n in range(3)]
    [finding] = _Judge(settings, [Scanned(topic, 0, records)], []).findings()
    assert (finding.kind, finding.where, finding.number) == ("unreadable", "Gone_7", 3)
    assert "put Gone/7.json into" in finding.detail
