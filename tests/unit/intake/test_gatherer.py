"""Lines that gather while others are on their way, and what is said of them."""

from __future__ import annotations

import asyncio

import pytest

from elfaust.errors import Unacknowledged
from elfaust.intake.gatherer import Gatherer
from elfaust.intake.taking import AWAY_SECONDS, Outcome
from tests.unit.intake.requests import Kafka


async def test_what_comes_meanwhile_goes_together() -> None:
    kafka, gatherer = Kafka(), Gatherer("raw", 2, 1_000)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    kafka.answers.clear()
    taking = [asyncio.create_task(gatherer.take([b"0"], acks=True))]
    while not gatherer._sent:
        await asyncio.sleep(0)
    taking += [asyncio.create_task(gatherer.take([b"%d" % n], acks=True)) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in taking)
    kafka.answers.set()
    assert await asyncio.gather(*taking) == [[Outcome.SUCCESS]] * 4
    assert [[r.value for r in batch] for batch in kafka.batches] == [[b"0"], [b"1", b"2", b"3"]]
    assert [batch[0].lane for batch in kafka.batches] == [0, 1]
    assert gatherer.size == 0
    await gatherer.stop()
    await running


async def test_without_acknowledgements_nobody_waits() -> None:
    kafka, gatherer = Kafka(), Gatherer("raw", 2, 1_000)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    assert await gatherer.take([b"0", b"1"], acks=False) == [Outcome.HASTY] * 2
    assert not kafka.lines
    await gatherer.stop()
    await running
    assert kafka.lines == [b"0", b"1"]


async def test_nothing_is_taken_before_kafka_and_after_the_end() -> None:
    gatherer = Gatherer("raw", 2, 1_000)
    assert await gatherer.take([b"0"], acks=True) == [Outcome.AWAY]
    await gatherer.stop()
    running = asyncio.create_task(gatherer.run(Kafka()))
    await running
    assert await gatherer.take([b"0"], acks=False) == [Outcome.AWAY]


async def test_memory_is_bounded() -> None:
    kafka, gatherer = Kafka(), Gatherer("raw", 2, 10)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    kafka.answers.clear()
    assert await gatherer.take([b"12345678"], acks=False) == [Outcome.HASTY]
    assert await gatherer.take([b"123"], acks=False) == [Outcome.AWAY]
    kafka.answers.set()
    await gatherer.stop()
    await running
    assert kafka.lines == [b"12345678"]


async def test_kafka_is_known_to_be_away() -> None:
    now = 0.0
    kafka, gatherer = Kafka(), Gatherer("raw", 2, 1_000, clock=lambda: now)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    kafka.answers.clear()
    first = asyncio.create_task(gatherer.take([b"0"], acks=True))
    while gatherer._sent is None:
        await asyncio.sleep(0)
    now = AWAY_SECONDS + 0.1
    assert await gatherer.take([b"1"], acks=True) == [Outcome.AWAY]
    kafka.answers.set()
    assert await first == [Outcome.SUCCESS]
    assert await gatherer.take([b"2"], acks=True) == [Outcome.SUCCESS]
    await gatherer.stop()
    await running


async def test_what_kafka_does_not_acknowledge_ends_the_worker() -> None:
    kafka, gatherer = Kafka(), Gatherer("raw", 2, 1_000)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    kafka.fails = Unacknowledged("Kafka", "not in time")
    assert await gatherer.take([b"0"], acks=True) == [Outcome.AWAY]
    with pytest.raises(Unacknowledged):
        await running


async def test_a_line_that_is_too_long_holds_up_no_other() -> None:
    kafka, gatherer = Kafka(most=3), Gatherer("raw", 2, 1_000)
    running = asyncio.create_task(gatherer.run(kafka))
    await asyncio.sleep(0)
    outcomes = await gatherer.take([b"0", b"12345", b"2"], acks=True)
    assert outcomes == [Outcome.SUCCESS, Outcome.TOO_LONG, Outcome.SUCCESS]
    assert await gatherer.take([b"12345"], acks=True) == [Outcome.TOO_LONG]
    assert gatherer.size == 0
    await gatherer.stop()
    await running
    assert kafka.lines == [b"0", b"2"]
