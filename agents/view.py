"""view: what comes in the topics of events and errors, as pages for whoever instruments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from elfaust.view.app import View
from elfaust.view.kafka_feed import KafkaFeed
from elfaust.workers.state import web_port
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Add the pages to a worker; it reads no topic as a worker of its group."""
    settings = worker.settings
    feed = KafkaFeed(settings)
    start = f"http://{settings.web.at(web_port(settings, 'throughput'))}/"
    view = View(settings, feed, start)
    # Before Faust adds a page of its own at `/`: of two the first answers.
    worker.web.web_app.add_routes(view.routes())
    worker.web.web_app.cleanup_ctx.append(reading(feed))
    worker.on_drain(view.streams.close)


def reading(feed: KafkaFeed) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return what has a feed read for as long as pages are served.

    What a worker runs beside its agents begins when Kafka has answered, and the pages say where it
    has not.
    """

    async def running(app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run(), name="feed of the view")
        yield
        while not task.done():
            # aiokafka may take a cancellation for its own tasks' and go on: ask again.
            task.cancel()
            await asyncio.wait([task], timeout=0.5)

    return running
