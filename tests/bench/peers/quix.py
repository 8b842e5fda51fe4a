"""Quix Streams: a dataframe over the raw topic, each value applied and sent to its topic.

`python -m tests.bench.peers.quix`, with settings as environment. At least once: it flushes before
it commits, each `kafka.commit_interval` seconds.
"""

from __future__ import annotations

from typing import Any

from elfaust.names import group_of
from elfaust.settings import Settings
from tests.bench.peers.plain_judge import Made, PlainJudge
from tests.bench.peers.process import begin, taking


def main() -> None:
    """Go on until the process is killed."""
    settings = begin("quixstreams")
    from quixstreams import Application

    app = Application(
        broker_address=settings.kafka.bootstrap,
        consumer_group=group_of(settings, "peer"),
        auto_offset_reset="earliest",
        commit_interval=settings.kafka.commit_interval,
        auto_create_topics=False,
        loglevel="WARNING",
        consumer_extra_config={
            "fetch.min.bytes": settings.kafka.fetch_min_bytes,
            "fetch.wait.max.ms": settings.kafka.fetch_max_wait_ms,
        },
        producer_extra_config={
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 20,
            "batch.size": settings.kafka.batch_bytes,
        },
    )
    run(settings, app)


def run(settings: Settings, app: Any) -> None:
    """Have the application make a record of each line, without end."""
    from quixstreams.models import Serializer

    class ValueOfMade(Serializer):  # type: ignore[misc]
        def __call__(self, value: Made, ctx: Any) -> bytes:
            return value.value

    make, topics = PlainJudge(settings).make, dict[str, Any]()
    has_begun = False

    def judged(line: bytes) -> Made:
        nonlocal has_begun
        if not has_begun:
            has_begun = True
            taking()
        return make(line)

    def topic_of(made: Made, *_: Any) -> Any:
        name = made.topic
        if name not in topics:
            topics[name] = app.topic(name, value_serializer=ValueOfMade())
        return topics[name]

    lines = app.topic(settings.topics.raw_client, value_deserializer="bytes")
    app.dataframe(lines).apply(judged).to_topic(topic_of)
    app.run()


if __name__ == "__main__":
    main()
