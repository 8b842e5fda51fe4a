"""The processor as one would first write it in Faust: `async for`, `topic.send` per event.

The yardstick of `elfaust bench`: same lines, same verdicts, Faust's own delivery. Run by it as
`python -m elfaust.trial.naive EVENTS`; prints `taking`, and `{"events": n, "seconds": s}` at the
end. With 0 it goes on until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

import faust

from elfaust.events.verdict import Judge
from elfaust.names import TopicNames
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import load
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.contenders import TAKING
from elfaust.workers.supervised import end_with


def main(events: int) -> None:
    """Process `events` raw lines one by one and print how long that took."""
    end_with(os.getppid(), 0.0)
    settings = load()
    names, registry = TopicNames(settings), Registry(settings.schemas)
    judge = Judge(
        settings.processor.client_format, registry, settings, enabled_stores(settings).values()
    )
    app = faust.App(
        settings.kafka.app_id.format(role="naive"),
        broker=f"kafka://{settings.kafka.bootstrap}",
        value_serializer="raw",
        topic_partitions=settings.topics.lanes,
        web_enabled=False,
        datadir=os.environ["ELFAUST_WORKERS_STATE"],
        broker_session_timeout=settings.kafka.session_timeout,
    )
    done, started = 0, 0.0

    @app.agent(app.topic(settings.topics.raw_client))  # type: ignore[untyped-decorator]
    async def process(stream: Any) -> None:
        nonlocal done, started
        async for event in stream.events():
            if not started:
                started = time.monotonic()
                print(TAKING, flush=True)
            message = event.message
            record = make_record(event.value, message.offset, int(message.timestamp * 1000))
            [verdict] = await judge.judge([record], f"{message.topic}/{message.partition}")
            topic = names.error if verdict.code else names.event(verdict.key)
            await app.topic(topic).send(value=verdict.value, partition=message.partition)
            done += 1
            if done == events:
                print(json.dumps({"events": done, "seconds": time.monotonic() - started}))
                sys.stdout.flush()
                # What is measured is over; an orderly stop would wait for nothing.
                os._exit(0)

    worker = faust.Worker(
        app, loglevel="warning", redirect_stdouts=False, loop=asyncio.new_event_loop()
    )
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(int(sys.argv[1]))
