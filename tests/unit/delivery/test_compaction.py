"""What is set of compacted topics, and what of a topic that is there has to be altered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.delivery import compaction as module
from elfaust.delivery.compaction import compaction, differing, put_right
from elfaust.settings import Settings

WANTED = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "segment.ms": "7"}


def test_a_segment_takes_the_longest_record() -> None:
    settings = Settings()
    longer = replace(settings, topics=replace(settings.topics, max_message_bytes=9_000_000))
    shorter = replace(settings, topics=replace(settings.topics, max_message_bytes=100_000))
    assert compaction(longer)["segment.bytes"] == "9000000"
    assert compaction(shorter)["segment.bytes"] == "4194304"


def test_a_number_is_the_same_however_it_is_written() -> None:
    assert differing(WANTED, {"min.cleanable.dirty.ratio": "0.10", "segment.ms": "8"}) == {
        "segment.ms": "7"
    }
    assert differing(WANTED, {"cleanup.policy": "delete"}) == {"cleanup.policy": "compact"}


async def test_a_topic_that_is_there_is_put_right(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    has = {**WANTED, "cleanup.policy": "delete", "segment.ms": "600"}
    altered: list[Any] = []

    async def describe_configs(resources: Sequence[Any]) -> list[Any]:
        answers = [
            (0, "", 2, resource.name, list(has.items()))
            if resource.name == "t"
            else (29, "", 2, "", [])
            for resource in resources
        ]
        return [SimpleNamespace(resources=answers)]

    async def send(admin: Any, request: Any) -> Any:
        altered.extend(request._resources)
        code = 29 if len(altered) == 2 else 0
        return SimpleNamespace(resources=[(code, "not allowed", 2, "t")])

    monkeypatch.setattr(module, "send_request", send)
    await put_right(SimpleNamespace(describe_configs=describe_configs), ["t", "hidden"], WANTED)
    assert [settings for _, _, settings in altered] == [
        [("cleanup.policy", 0, "compact")],
        [("segment.ms", 0, "7")],
    ]
    assert "cleanup.policy of topic t: made compact" in caplog.text
    assert "segment.ms of topic t was not made 7: not allowed" in caplog.text
