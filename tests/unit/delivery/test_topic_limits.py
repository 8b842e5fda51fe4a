"""How long a batch a topic takes, as a broker tells it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.delivery import topic_limits
from elfaust.delivery.topic_limits import LIMIT, read_limits

UNKNOWN, DENIED = 3, 29


async def test_a_topic_that_a_broker_does_not_know_yet_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topic_limits, "PAUSE_SECONDS", 0)
    asked: list[list[str]] = []

    async def describe_configs(resources: Sequence[Any]) -> list[Any]:
        names = sorted(resource.name for resource in resources)
        asked.append(names)
        codes = {"denied": DENIED, "new": UNKNOWN if len(asked) < 3 else 0, "none": UNKNOWN}
        answers = [
            (code := codes.get(name, 0), "", 2, name, [] if code else [(LIMIT, "7")])
            for name in names
        ]
        return [SimpleNamespace(resources=answers)]

    admin = SimpleNamespace(describe_configs=describe_configs)
    assert await read_limits(admin, ["old", "new", "denied", "none"]) == {"old": 7, "new": 7}
    assert asked[:4] == [
        ["denied", "new", "none", "old"],
        ["new", "none"],
        ["new", "none"],
        ["none"],
    ]
    assert len(asked) == topic_limits.TRIES
