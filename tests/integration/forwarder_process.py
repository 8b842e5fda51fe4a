"""A forwarder as a process, to be killed; its argument is the folder of its state."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from elfaust.delivery.publisher import Publisher, make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.settings import Settings, load
from elfaust.sources.forwarder import Forwarder


async def forward(settings: Settings, folder: Path) -> None:
    """Forward until killed."""
    admin, producer = TopicAdmin(settings), make_producer(settings.kafka)
    await admin.ensure([settings.forwarder.topic])
    await producer.start()
    await Forwarder(settings, folder).run(Publisher(settings, producer, admin))


if __name__ == "__main__":
    asyncio.run(forward(load(), Path(sys.argv[1])))
