"""Real servers for the integration tests, on ports and in a state folder of their own.

A test takes `fresh`: settings whose topics, database and folders nobody else uses.
"""

from __future__ import annotations

import asyncio
import fcntl
import getpass
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import MySQLdb
import pytest
import requests
from aiokafka.admin import AIOKafkaAdminClient
from pymetastore.hive_metastore import ThriftHiveMetastore
from pymetastore.hive_metastore.ttypes import NoSuchObjectException
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

from elfaust.devstack.hive import with_hive
from elfaust.devstack.java import java
from elfaust.devstack.mariadb import socket_path
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests import REPOSITORY as CHECKOUT
from tests.budget import over_budget

# No test has a clock: machines that do something else meanwhile are slow.
hypothesis.settings.register_profile(
    "elfaust",
    deadline=None,
    max_examples=20,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# `make unit` has a minute; `make generated` takes more of everything that hypothesis makes up.
hypothesis.settings.register_profile(
    "generated", hypothesis.settings.get_profile("elfaust"), max_examples=2_000
)
hypothesis.settings.load_profile("elfaust")


#: Hive's servers among those of a stack.
HIVE = ("metastore", "hiveserver2")


@pytest.fixture(scope="session")
def stack_settings() -> Settings:
    """The settings of the test stack."""
    return settings_of_tests()


def settings_of_tests() -> Settings:
    """Return the settings of the test stack.

    ELFAUST_TEST_STACK_DIR moves its folder. ELFAUST_TEST_PORTS is what is added to each server's
    usual port: two checkouts may test side by side. Each process of pytest-xdist has a stack of
    its own.
    """
    base = Settings()
    folder = os.environ.get("ELFAUST_TEST_STACK_DIR") or str(CHECKOUT / ".stack-test")
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    more = int(os.environ.get("ELFAUST_TEST_PORTS", "10000")) + 1000 * process
    folder += f"-{process}" if process else ""
    return replace(
        base,
        kafka=replace(base.kafka, bootstrap=f"127.0.0.1:{9092 + more}", session_timeout=6.0),
        mysql=replace(base.mysql, port=3306 + more),
        hdfs=replace(base.hdfs, url=f"http://127.0.0.1:{9870 + more}"),
        # It only reads: hundreds of runs would start its process for nothing.
        web=replace(base.web, port=6066 + more, view=False),
        forwarder=replace(base.forwarder, port=8421 + more),
        intake=replace(base.intake, port=8192 + more),
        hive=replace(base.hive, port=10700 + more),
        statsd=replace(base.statsd, port=8125 + more),
        carbon=replace(base.carbon, port=2003 + more),
        schemas=replace(base.schemas, folder=str(CHECKOUT / "schemas")),
        stack=replace(
            base.stack,
            dir=folder,
            kafka_controller_port=9093 + more,
            namenode_port=8020 + more,
            datanode_port=9866 + more,
            datanode_http_port=9864 + more,
            datanode_ipc_port=9867 + more,
            metastore_port=9083 + more,
            graphite_port=8088 + more,
            carbon_query_port=7002 + more,
            statsd_admin_port=8126 + more,
        ),
    )


@pytest.fixture(scope="session")
def stack(stack_settings: Settings) -> Iterator[Stack]:
    """Have Kafka, HDFS and MariaDB run."""
    with running(stack_settings) as servers:
        yield servers


@pytest.fixture(scope="session")
def hive_stack(stack: Stack, stack_settings: Settings) -> Iterator[Stack]:
    """Have Hive's metastore and HiveServer2 run beside them, on machines that are not in UTC."""
    servers = Stack(stack_settings, extras=("hive",))
    servers.servers = [
        replace(server, environ={**server.environ, "TZ": "America/Los_Angeles"})
        for server in servers.servers
        if server.name in HIVE
    ]
    with shared(stack_settings, servers, "sessions-hive"):
        yield servers
    forget_hive(stack_settings)


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


@pytest.fixture
def fresh(stack: Stack, stack_settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings with names that only this test uses: groups, topics, database, folders.

    The database exists and is empty. What is under these names is removed after the test.
    """
    settings = renamed(stack_settings, f"t{uuid.uuid4().hex[:8]}", tmp_path)
    execute(settings, f"CREATE DATABASE `{settings.mysql.database}` CHARACTER SET utf8mb4")
    yield settings
    execute(settings, f"DROP DATABASE `{settings.mysql.database}`")
    prefix = settings.mysql.database.removeprefix("log_")
    with ThreadPoolExecutor(1) as thread:
        # In a thread: the test's own event loop belongs to pytest.
        thread.submit(asyncio.run, remove_topics(settings, prefix)).result()
    url = f"{settings.hdfs.url}/webhdfs/v1{settings.hdfs.root}?op=DELETE&recursive=true"
    requests.delete(f"{url}&user.name={settings.hdfs.user}", timeout=10).raise_for_status()


@pytest.fixture
def hive(hive_stack: Stack, fresh: Settings) -> Iterator[Settings]:
    """`quick`, with Hive; its database, which the role makes, is removed after the test."""
    settings = with_hive(writing_often(fresh))
    yield settings
    with metastore(settings) as client, suppress(NoSuchObjectException):
        # Not the files: what is under hdfs.root goes with `fresh`.
        client.drop_database(settings.hive.database, False, True)


@pytest.fixture
def admin(fresh: Settings) -> Callable[[str], None]:
    """Return what runs a statement in the test's database as MariaDB's root."""

    def run(statement: str) -> None:
        socket = socket_path(Path(fresh.stack.dir).resolve() / "mariadb")
        connection = MySQLdb.connect(
            unix_socket=socket, user=getpass.getuser(), database=fresh.mysql.database
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)
            connection.commit()

    return run


@pytest.fixture
def quick(fresh: Settings) -> Settings:
    """Settings that write often: a test's lines are few."""
    return writing_often(fresh)


def writing_often(settings: Settings) -> Settings:
    """Return settings by which workers write, commit and look every moment."""
    return replace(
        settings,
        kafka=replace(settings.kafka, commit_interval=0.3, fetch_max_wait_ms=100),
        topics=replace(settings.topics, discover_interval=0.5),
        mysql=replace(settings.mysql, flush_seconds=0.5),
        hdfs=replace(settings.hdfs, flush_seconds=1.0),
        hive=replace(settings.hive, seconds=0.5),
        throughput=replace(settings.throughput, flush_seconds=0.2),
        workers=replace(settings.workers, backoff_seconds=0.1),
    )


def renamed(settings: Settings, prefix: str, state: Path) -> Settings:
    """Return the settings with `prefix` in every name and the workers' state in `state`."""
    topics = settings.topics
    raw: Any = {f"raw_{kind}": f"{prefix}-{topic}" for kind, topic in settings.raw_topics.items()}
    return replace(
        settings,
        kafka=replace(settings.kafka, app_id=f"{prefix}-{{role}}"),
        topics=replace(
            topics,
            **raw,
            event=f"{prefix}_{topics.event}",
            error=f"{prefix}_{topics.error}",
        ),
        mysql=replace(settings.mysql, database=f"log_{prefix}"),
        hdfs=replace(settings.hdfs, root=f"/test/{prefix}"),
        hive=replace(settings.hive, database=f"event_{prefix}"),
        forwarder=replace(settings.forwarder, topic=raw["raw_server"]),
        workers=replace(settings.workers, state=str(state / "workers")),
    )


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take Hive: `make test` has one of them, `make hive` all.

    The first one fetches Hive's jars, which takes minutes.
    """
    for item in items:
        if "hive_stack" in getattr(item, "fixturenames", ()):
            item.add_marker("hive")
            if item.path.name != "test_smoke.py":
                item.add_marker("long")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the files of tests that took longer than CONTRIBUTING.md lets them."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    if lines := list(over_budget(reports)):
        terminalreporter.section("files over their budget")
        for line in lines:
            terminalreporter.write_line(line)


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
