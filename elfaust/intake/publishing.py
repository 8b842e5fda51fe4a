"""What an intake has taken is published as long as it runs, whatever Kafka refuses meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from aiokafka.errors import KafkaError

from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.errors import ServerTrouble
from elfaust.intake.taking import Sender
from elfaust.quiet import OnceAMinute
from elfaust.settings import Settings

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Seconds for which a batch is tried, eleven days: given up and sent again, it may be
#: there twice, and a worker that ends refuses connections.
PATIENCE = 1e6
#: Seconds until a Kafka that has refused everything is tried again.
AGAIN_SECONDS = 1.0


async def publish(settings: Settings, sender: Sender, is_over: Callable[[], bool]) -> None:
    """Have `sender` publish, with another producer after each that Kafka refuses, until it ends."""
    patient = replace(settings, kafka=replace(settings.kafka, publish_timeout=PATIENCE))
    while not is_over():
        try:
            async with publishing(patient) as publisher:
                keeping = asyncio.create_task(_keep_topic(settings), name="raw topic")
                try:
                    await sender.run(publisher)
                finally:
                    keeping.cancel()
                return
        except (ServerTrouble, KafkaError) as error:
            log.error("Nothing is published, and tried again: %s", error)
            await asyncio.sleep(AGAIN_SECONDS)


async def _keep_topic(settings: Settings) -> None:
    """Have the raw topic made again where somebody has deleted it: a batch would wait for ever."""
    while True:
        await asyncio.sleep(settings.kafka.publish_timeout)
        with suppress(ServerTrouble, KafkaError):
            async with TopicAdmin(settings) as admin:
                await admin.ensure([settings.topics.raw_client])
