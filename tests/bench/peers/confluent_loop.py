"""A loop over confluent-kafka: take a batch, judge, produce, flush, commit. At least once.

`python -m tests.bench.peers.confluent_loop`, with settings as environment.
"""

from __future__ import annotations

from typing import Any

from elfaust.names import group_of
from elfaust.settings import Settings
from tests.bench.peers.plain_judge import PlainJudge
from tests.bench.peers.process import begin, taking

#: Lines of one batch, and seconds that it is waited for.
BATCH = 5_000
WAIT_SECONDS = 0.2


def main() -> None:
    """Go on until the process is killed."""
    settings = begin("confluent_kafka")
    from confluent_kafka import Consumer, Producer

    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka.bootstrap,
            "group.id": group_of(settings, "peer"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.min.bytes": settings.kafka.fetch_min_bytes,
            "fetch.wait.max.ms": settings.kafka.fetch_max_wait_ms,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": settings.kafka.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 20,
            "batch.size": settings.kafka.batch_bytes,
            "queue.buffering.max.messages": 100_000,
        }
    )
    consumer.subscribe([settings.topics.raw_client], on_assign=lambda *_: taking())
    loop(settings, consumer, producer)


def loop(settings: Settings, consumer: Any, producer: Any) -> None:
    """Take batches without end; raises RuntimeError for what was not delivered."""
    make, failed = PlainJudge(settings).make, list[Any]()

    def delivered(error: Any, message: Any) -> None:
        if error is not None:
            failed.append(error)

    while True:
        messages = consumer.consume(BATCH, WAIT_SECONDS)
        for message in messages:
            if message.error():
                raise RuntimeError(message.error())
            topic, value = make(message.value())
            lane, (_, at) = message.partition(), message.timestamp()
            producer.produce(topic, value, partition=lane, timestamp=at, on_delivery=delivered)
        if messages:
            producer.flush()
            if failed:
                raise RuntimeError(failed[0])
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    main()
