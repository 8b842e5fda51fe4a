"""Which topics a role reads, and what the status makes of its lag."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from elfaust.commands.status import describe
from elfaust.delivery.lag import TopicLag, topics_of
from elfaust.settings import Settings

RAW, ERROR, EDIT = "eventlogging-client-side", "eventlogging_EventError", "eventlogging_Edit_1"
TOPICS = {RAW, ERROR, EDIT, "elfaust-throughput-counts-changelog", "another"}


def test_each_role_reads_its_own_topics() -> None:
    settings = Settings()
    assert topics_of(settings, "processor", TOPICS) == {RAW}
    assert topics_of(settings, "mysql", TOPICS) == {EDIT}
    assert topics_of(settings, "hdfs", TOPICS) == {EDIT}
    assert topics_of(settings, "throughput", TOPICS) == {EDIT, ERROR}


def test_the_status_has_workers_lag_by_role_and_rows_written(tmp_path: Path) -> None:
    base = Settings()
    workers = dataclasses.replace(base.workers, state=str(tmp_path))
    lags = [TopicLag(EDIT, "mysql", 10, 7), TopicLag(EDIT, "hdfs", 10, 10)]
    assert describe(dataclasses.replace(base, workers=workers), lags) == {
        "workers": [],
        "topics": [{"topic": EDIT, "records": 10, "lag": {"mysql": 3, "hdfs": 0}}],
        "rows_written": {"mysql": 7, "hdfs": 10},
    }
