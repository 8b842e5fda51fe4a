"""Which topics a role reads."""

from __future__ import annotations

from dataclasses import replace

from elfaust.delivery.lag import LaneLag, topics_of
from elfaust.settings import Settings

RAW, ERROR, EDIT = "eventlogging-client-side", "eventlogging_EventError", "eventlogging_Edit_1"
TOPICS = {RAW, ERROR, EDIT, "elfaust-throughput-counts-changelog", "another"}


def test_each_role_reads_its_own_topics() -> None:
    settings = Settings()
    assert topics_of(settings, "processor", TOPICS) == {RAW}
    assert topics_of(settings, "mysql", TOPICS) == {EDIT}
    assert topics_of(settings, "hdfs", TOPICS) == {EDIT, ERROR}
    without = replace(settings, hdfs=replace(settings.hdfs, errors="off"))
    assert topics_of(without, "hdfs", TOPICS) == {EDIT}
    assert topics_of(settings, "throughput", TOPICS) == {EDIT, ERROR}


def test_what_is_acknowledged_past_the_end_is_of_a_topic_that_is_no_more() -> None:
    lane = LaneLag("raw", 0, "processor", 3, 5_000)
    assert (lane.read, lane.first_unread.offset, lane.acknowledged) == (0, 0, 5_000)
