"""What blocks tells refused records from its thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from elfaust.errors import EventFault, Unacknowledged
from elfaust.feeding import blocking
from elfaust.sinks.gather import Refused
from elfaust.types import Record

REFUSED = [Refused("t", 0, Record(b"", 0, 0, "", -1), EventFault("consumer", "no"))]


async def test_a_thread_waits_until_the_report_is_durable() -> None:
    durable = threading.Event()

    async def report(refused: Sequence[Refused]) -> None:
        await asyncio.sleep(0)
        assert refused == REFUSED
        durable.set()

    tell = blocking(report)
    assert await asyncio.to_thread(lambda: (tell(REFUSED), durable.is_set())[1])


async def test_what_a_report_raises_is_raised_in_the_thread() -> None:
    async def report(refused: Sequence[Refused]) -> None:
        raise Unacknowledged("Kafka", "no answer")

    tell = blocking(report)
    with pytest.raises(Unacknowledged):
        await asyncio.to_thread(tell, REFUSED)
