"""Apache Kafka, one node that is broker and controller (KRaft)."""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from elfaust.devstack.jars import jars
from elfaust.devstack.server import Server
from elfaust.errors import StackError
from elfaust.settings import Settings
from elfaust.topics import TopicAdmin

#: One node has one copy of everything; time to start is worth more than retention here.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={folder}/data
auto.create.topics.enable=false
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
log.retention.hours=-1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
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
        config.write_text(PROPERTIES.format(port=port, controller=controller, folder=folder))
        if not (folder / "data" / "meta.properties").exists():
            _format(config)

    def probe() -> object:
        return asyncio.run(_names(settings))

    return Server(
        "kafka",
        stack,
        lambda: ["java", "-Xmx512m", "-cp", f"{jars('kafka')}/*", "kafka.Kafka", str(config)],
        (port, controller),
        probe,
        prepare,
    )


def _format(config: Path) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = ["java", "-cp", f"{jars('kafka')}/*", "kafka.tools.StorageTool"]
    done = subprocess.run(
        [*tool, "format", "-t", cluster, "-c", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"Kafka's folder was not formatted: {done.stderr.strip()[-500:]}")


async def _names(settings: Settings) -> set[str]:
    admin = TopicAdmin(settings)
    try:
        async with asyncio.timeout(5):
            return await admin.names()
    finally:
        await admin.close()
