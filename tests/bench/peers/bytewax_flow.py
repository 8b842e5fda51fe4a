"""bytewax: a dataflow from the raw topic, judged by the batch, to the topics; with recovery.

`python -m tests.bench.peers.bytewax_flow`, with settings as environment. At least once: its offsets
are in a recovery store, and the sink flushes each batch.
"""

from __future__ import annotations

from typing import Any

from elfaust.settings import Settings, state_folder
from tests.bench.peers.plain_judge import PlainJudge
from tests.bench.peers.process import begin, taking

#: Lines of one batch.
BATCH = 5_000


def main() -> None:
    """Go on until the process is killed."""
    settings = begin("bytewax")
    from bytewax.recovery import RecoveryConfig, init_db_dir
    from bytewax.run import cli_main

    store = state_folder(settings) / "recovery"
    store.mkdir(parents=True)
    init_db_dir(store, 1)
    cli_main(dataflow(settings), recovery_config=RecoveryConfig(store))


def dataflow(settings: Settings) -> Any:
    """Return the flow."""
    import bytewax.operators as op
    from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
    from bytewax.dataflow import Dataflow

    make, brokers = PlainJudge(settings).make, settings.kafka.bootstrap.split(",")
    has_begun = False

    def judged(messages: list[Any]) -> list[Any]:
        nonlocal has_begun
        if not has_begun:
            has_begun = True
            taking()
        made = [(make(message.value), message.timestamp[1]) for message in messages]
        return [
            KafkaSinkMessage(None, value, topic=topic, timestamp=at) for (topic, value), at in made
        ]

    read = {"fetch.min.bytes": str(settings.kafka.fetch_min_bytes)}
    written = {"acks": "all", "enable.idempotence": "true", "linger.ms": "20"}
    flow = Dataflow("processor")
    source = KafkaSource(brokers, [settings.topics.raw_client], add_config=read, batch_size=BATCH)
    lines = op.input("lines", flow, source)
    records = op.flat_map_batch("judge", lines, judged)
    op.output("records", records, KafkaSink(brokers, None, add_config=written))
    return flow


if __name__ == "__main__":
    main()
