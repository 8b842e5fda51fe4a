"""Outputs: the topics of all schemas and of errors are what is counted."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.trial import outputs as outputs_module
from elfaust.trial.outputs import Outputs


async def test_what_is_counted_are_the_topics_of_all_schemas_and_of_errors() -> None:
    settings = Settings()
    outputs = Outputs(settings)
    await outputs.__aexit__()
    known = Registry(settings.schemas).known()
    assert len(outputs.topics) == len(known) + 1 > 20
    assert outputs.topics[-1] == settings.topics.error


class Consumer:
    """Stops as aiokafka's consumer without a group does."""

    def __init__(self, **_: object) -> None:
        pass

    async def start(self) -> None:
        self._task = asyncio.create_task(self._routine())

    async def _routine(self) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    async def stop(self) -> None:
        self._task.cancel()
        await self._task


async def test_whoever_ends_at_once_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs_module, "AIOKafkaConsumer", Consumer)
    with pytest.raises(ValueError, match="it ended"):
        async with Outputs(Settings()):
            raise ValueError("it ended")
