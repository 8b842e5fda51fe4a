"""What a sink's thread calls in the worker's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from elfaust.errors import EventFault, Unacknowledged
from elfaust.sinks.base import Rejected
from elfaust.testing import make_record
from elfaust.workers.attach import blocking_reporter
from tests.stand_in import stand_in

REFUSED = [Rejected(make_record(b"{}", 0, 0), EventFault("consumer", "too long"))]


async def test_a_sink_reports_from_its_thread_and_goes_on_when_that_is_durable() -> None:
    log: list[str] = []

    async def report(refused: Sequence[Rejected]) -> None:
        await asyncio.sleep(0)
        log.append(f"reported {len(refused)}")

    def sink() -> None:
        blocking_reporter(stand_in(loop=loop), report)(REFUSED)
        log.append("committed")

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(sink)
    assert log == ["reported 1", "committed"]


async def test_a_report_that_fails_fails_in_the_sink() -> None:
    async def report(refused: Sequence[Rejected]) -> None:
        raise Unacknowledged("Kafka", "60 s")

    app = stand_in(loop=asyncio.get_running_loop())
    with pytest.raises(Unacknowledged, match="60 s"):
        await asyncio.to_thread(blocking_reporter(app, report), REFUSED)
