"""Which topics a role reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from elfaust.delivery import privates
from elfaust.delivery.lag import LagReader, LaneLag, topics_of
from elfaust.errors import ServerAway
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


class Coordinator:
    """Answers so often with an error of the whole group, which aiokafka passes over."""

    def __init__(self, loading: int) -> None:
        self.loading = loading

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": topic, "partitions": [{}, {}]} for topic in (RAW, EDIT)]

    async def list_consumer_group_offsets(
        self, group: str, _: object, lanes: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        self.loading -= 1
        if self.loading >= 0:
            return {}
        return {
            lane: OffsetAndMetadata(7 if lane.partition else -1, "")
            for lane in (*lanes, TopicPartition("another", 0))
        }


async def of_coordinator(loading: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    async def ends(_: object, lanes: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(lanes, 9)

    monkeypatch.setattr(privates, "ends", ends)
    kafka = replace(Settings().kafka, request_timeout=0.3)
    reader = LagReader(replace(Settings(), kafka=kafka))
    monkeypatch.setattr(reader, "_admin", Coordinator(loading))
    try:
        return {f"{lag.role} {lag.topic}": lag.acknowledged for lag in await reader.read()}
    finally:
        await reader._consumer.stop()


async def test_offsets_that_a_coordinator_does_not_know_yet_are_no_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await of_coordinator(1, monkeypatch)
    assert found[f"mysql {EDIT}"] == found[f"processor {RAW}"] == 7
    with pytest.raises(ServerAway):
        await of_coordinator(1_000, monkeypatch)
