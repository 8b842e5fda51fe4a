"""A forwarder as a process, to be killed; its argument is the folder of its state."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.settings import Settings, load
from elfaust.sources.forwarder import Forwarder


async def forward(settings: Settings, folder: Path) -> None:
    """Forward until killed."""
    async with TopicAdmin(settings) as admin:
        await admin.ensure([settings.forwarder.topic])
    async with publishing(settings) as publisher:
        await Forwarder(settings, folder).run(publisher)


if __name__ == "__main__":
    asyncio.run(forward(load(), Path(sys.argv[1])))
