"""The intake's work: it answers before Kafka does, and ends when what it took is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from elfaust.agents import intake
from elfaust.errors import SettingsError, Unacknowledged
from elfaust.intake import publishing
from elfaust.metrics.table import INTAKE_WAITING_BYTES
from elfaust.settings import Settings
from tests.counted import counted
from tests.stand_in import stand_in
from tests.unit.intake.requests import Kafka, having


class Work:
    """What a worker was told to do, and how many producers it has had."""

    def __init__(self, settings: Settings, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
        self.contexts, self.beside, self.drains = list[Any](), list[Any](), list[Any]()
        self.producers, self.waiting = 0, list[float]()
        self.held = list[Any]()

        @asynccontextmanager
        async def with_kafka(patient: Settings) -> AsyncIterator[Kafka]:
            self.producers += 1
            self.waiting.append(patient.kafka.publish_timeout)
            yield kafka

        monkeypatch.setattr(publishing, "publishing", with_kafka)
        monkeypatch.setattr(publishing, "AGAIN_SECONDS", 0.001)
        self.worker = stand_in(
            settings=settings,
            web=stand_in(web_app=stand_in(cleanup_ctx=self.contexts)),
            run_beside=self.beside.append,
            on_drain=self.drains.append,
            held=self.held,
            draining=False,
            should_stop=False,
        )
        intake.register(self.worker)


async def test_it_answers_from_its_start_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, kafka = having(), Kafka()
    work = Work(settings, kafka, monkeypatch)
    served = work.contexts[0](None)
    await anext(served)
    async with ClientSession(settings.intake.url) as session:
        assert (await session.post("v1/events", json={})).status == 503
        running = asyncio.create_task(work.beside[0]())
        await asyncio.sleep(0)
        kafka.answers.clear()
        asking = asyncio.create_task(session.post("v1/events", json={}))
        while not counted(INTAKE_WAITING_BYTES):
            await asyncio.sleep(0.01)
        ending = asyncio.create_task(work.drains[0]())
        await asyncio.sleep(0.01)
        kafka.answers.set()
        assert (await asking).status == 201
        await ending
        await running
    assert len(kafka.lines) == 1
    await anext(served, None)


async def test_what_kafka_refuses_ends_no_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("elfaust.intake.publishing").filters.clear()
    settings, kafka = having(), Kafka()
    work = Work(settings, kafka, monkeypatch)
    await anext(served := work.contexts[0](None))
    running = asyncio.create_task(work.beside[0]())
    async with ClientSession(settings.intake.url) as session:
        await asyncio.sleep(0)
        kafka.fails = Unacknowledged("Kafka", "refuses")
        assert (await session.post("v1/events", json={})).status == 503
        kafka.fails = None
        while (await session.post("v1/events", json={})).status == 503:
            await asyncio.sleep(0.001)
    await work.drains[0]()
    await running
    assert work.producers == 2
    # No batch is given up: sent once more, it might be there twice.
    assert min(work.waiting) >= 1_000_000
    assert "refuses" in caplog.text
    await anext(served, None)


async def test_with_a_spool_it_takes_events_before_kafka_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = having(spool=True)
    settings = replace(settings, workers=replace(settings.workers, state=str(tmp_path)))
    work = Work(settings, Kafka(), monkeypatch)
    await anext(served := work.contexts[0](None))
    async with ClientSession(settings.intake.url) as session:
        assert (await session.post("v1/events", json={})).status == 201
    assert sum(counted(INTAKE_WAITING_BYTES).values()) > 50
    assert [why() for why in work.held] == [[]]
    await anext(served, None)


async def test_a_spool_that_cannot_be_written_is_a_fault_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings = having(spool=True)
    state = replace(settings.workers, state=str(tmp_path / "file"))
    with pytest.raises(SettingsError, match=r"intake\.spool: .*: set workers\.state"):
        Work(replace(settings, workers=state), Kafka(), monkeypatch)
