from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from elfaust.delivery.lag import TopicLag
from elfaust.graphite.progress import KEPT_MINUTES, Progress
from elfaust.settings import Settings


def test_the_last_reading_of_a_minute_stands_for_it_and_old_minutes_go() -> None:
    now = [600.0]
    progress = Progress(Settings(), lambda: True, lambda: now[0])
    progress.take([TopicLag("a", "mysql", 9, 4), TopicLag("b", "mysql", 2, 2)])
    progress.take([TopicLag("a", "mysql", 9, 7, 4.6), TopicLag("b", "mysql", 2, 2)])
    assert progress.acknowledged == {("mysql", "a"): 7, ("mysql", "b"): 2}
    assert progress.minutes[10] == {
        "role.mysql.acknowledged_total": 9,
        "role.mysql.topic.a.acknowledged_total": 7,
        "role.mysql.topic.a.lag_events": 2,
        "role.mysql.topic.a.lag_seconds": 5,
        "role.mysql.topic.b.acknowledged_total": 2,
        "role.mysql.topic.b.lag_events": 0,
        "role.mysql.topic.b.lag_seconds": 0,
    }
    assert progress.readings[10] == 2
    progress.take([TopicLag("a", "mysql", 9, 8), TopicLag("c", "mysql", 3, 1)])
    ages = {name: n for name, n in progress.minutes[10].items() if "lag_seconds" in name}
    assert ages == {"role.mysql.topic.a.lag_seconds": 5}
    for _ in range(2 * KEPT_MINUTES):
        now[0] += 60
        progress.take([])
    assert len(progress.minutes) == len(progress.readings) == KEPT_MINUTES


async def test_a_reading_that_kafka_never_answers_is_given_up_and_begun_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [False, True]

    class Reader:
        async def __aenter__(self) -> Reader:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def read(self, *, ages: bool) -> list[TopicLag]:
            if not answers.pop(0):
                await asyncio.Event().wait()
            return [TopicLag("a", "mysql", 9, 7)]

    base = Settings()
    settings = replace(
        base,
        kafka=replace(base.kafka, request_timeout=0.01),
        statsd=replace(base.statsd, seconds=0.01),
    )
    monkeypatch.setattr("elfaust.graphite.progress.LagReader", lambda _: Reader())
    progress = Progress(settings, lambda: bool(answers))
    running = asyncio.create_task(progress.run())
    while answers:
        await asyncio.sleep(0.01)
    running.cancel()
    assert progress.minutes
    assert "Kafka has not answered in time" in caplog.text
