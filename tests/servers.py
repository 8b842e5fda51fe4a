"""The servers of the test stack: started, shared by sessions, asked, and rid of tests' names."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import MySQLdb
from aiokafka.admin import AIOKafkaAdminClient
from pymetastore.hive_metastore import ThriftHiveMetastore
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

from elfaust.devstack.java import java
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings

#: Hive's servers among those of a stack.
HIVE = ("metastore", "hiveserver2")


@contextmanager
def running(settings: Settings) -> Iterator[Stack]:
    """Have Kafka, HDFS and MariaDB run; stop them at the end, what they hold stays."""
    forget_hive(settings)
    servers = Stack(settings)
    servers.servers = [server for server in servers.servers if server.name not in HIVE]
    with shared(settings, servers, "sessions"):
        yield servers


@contextmanager
def shared(settings: Settings, servers: Stack, name: str) -> Iterator[None]:
    """Have servers run. Two sessions at once share them: the last one out stops them."""
    folder = Path(settings.stack.dir)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as sessions:
        fcntl.flock(sessions, fcntl.LOCK_SH)
        servers.up()
        yield
        with suppress(BlockingIOError):
            fcntl.flock(sessions, fcntl.LOCK_EX | fcntl.LOCK_NB)
            servers.down()


def forget_hive(settings: Settings) -> None:
    """Have a stack without Hive, unless it runs: where its folder is, `elfaust run` starts it.

    It only has configuration; the metastore's tables are in MariaDB.
    """
    if not any(s.running for s in Stack(settings, extras=("hive",)).status() if s.name in HIVE):
        shutil.rmtree(Path(settings.stack.dir) / "hive", ignore_errors=True)


def execute(settings: Settings, statement: str) -> None:
    """Run a statement as the user of the settings, outside any database."""
    mysql = settings.mysql
    connection = MySQLdb.connect(
        host=mysql.host, port=mysql.port, user=mysql.user, password=mysql.password
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def metastore(settings: Settings) -> Iterator[ThriftHiveMetastore.Client]:
    """Connect to the local metastore."""
    socket = TSocket("127.0.0.1", settings.stack.metastore_port)
    socket.setTimeout(60_000)
    transport = TBufferedTransport(socket)
    transport.open()
    try:
        yield ThriftHiveMetastore.Client(TBinaryProtocol(transport))
    finally:
        transport.close()


def dfsadmin(settings: Settings, *arguments: str) -> None:
    """Run HDFS's own tool for those who run it, such as `-safemode enter`; it takes seconds."""
    conf = Path(settings.stack.dir).resolve() / "hdfs" / "conf" / "namenode"
    tool = "org.apache.hadoop.hdfs.tools.DFSAdmin"
    subprocess.run(java("hadoop", tool, *arguments, conf=conf), check=True)


async def remove_topics(settings: Settings, prefix: str) -> None:
    """Delete the topics whose names begin with `prefix`, changelogs of tables among them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap)
    try:
        await admin.start()
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await admin.delete_topics(names)
    finally:
        await admin.close()
