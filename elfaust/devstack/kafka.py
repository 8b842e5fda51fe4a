"""Apache Kafka: one node, which is broker and controller (KRaft)."""

from __future__ import annotations

import asyncio
import socket
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from elfaust.devstack.java import java
from elfaust.devstack.server import HOST, NotReadyError, Server, run_tool
from elfaust.settings import Settings

#: Seconds for one request that asks whether Kafka is ready.
ASK_SECONDS = 5
LOG_OPTIONS = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)
#: One node has one copy of everything. Records and the offsets of groups never expire, so that they
#: are still there after the stack was down for long.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={folder}/data
auto.create.topics.enable=false
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
log.retention.hours=-1
offsets.retention.minutes=5256000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


def kafka(settings: Settings, stack: Path) -> Server:
    """Return the server that answers at `kafka.bootstrap`."""
    folder = stack / "kafka"
    port = int(settings.kafka.bootstrap.rpartition(":")[2])
    controller = settings.stack.kafka_controller_port
    config = folder / "server.properties"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(
            PROPERTIES.format(host=HOST, port=port, controller=controller, folder=folder)
        )
        if not (folder / "data" / "meta.properties").exists():
            _format(config, stack / "logs" / "kafka.log")

    return Server(
        "kafka",
        stack,
        lambda: java("kafka", "kafka.Kafka", str(config), heap="512m", options=LOG_OPTIONS),
        (port, controller),
        lambda: _ask(settings.kafka.bootstrap),
        prepare,
        not_there=(OSError, NotReadyError, KafkaError),
    )


def _format(config: Path, log: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ("format", "--ignore-formatted", f"--cluster-id={cluster}", f"--config={config}")
    command = java("kafka", "kafka.tools.StorageTool", *arguments)
    run_tool("formatting Kafka's folder", command, log)


def _ask(bootstrap: str) -> None:
    """Ask Kafka to describe its cluster. Raises NotReadyError until its one broker is in it."""
    host, _, port = bootstrap.rpartition(":")
    # aiokafka logs an error for each refused connection, which is normal while a server starts.
    socket.create_connection((host, int(port)), timeout=ASK_SECONDS).close()
    if not asyncio.run(_brokers(bootstrap)):
        raise NotReadyError("no broker has registered yet")


async def _brokers(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=1000 * ASK_SECONDS)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    finally:
        await admin.close()
