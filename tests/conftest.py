"""Real servers for the integration tests, on ports and in a state folder of their own.

A test takes `fresh`: settings whose topics, database and folders nobody else uses.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import MySQLdb
import pytest
import requests
from pymetastore.hive_metastore.ttypes import NoSuchObjectException

from elfaust.devstack.hive import with_hive
from elfaust.devstack.mariadb import socket_path
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.budget import over_budget
from tests.order import longest_first
from tests.servers import HIVE, execute, forget_hive, metastore, remove_topics, running, shared
from tests.stack_settings import renamed, settings_of_tests, writing_often

# No test has a clock: machines that do something else meanwhile are slow.
hypothesis.settings.register_profile(
    "elfaust",
    deadline=None,
    max_examples=15,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# `make unit` has a minute; `make generated` takes more of everything that hypothesis makes up.
hypothesis.settings.register_profile(
    "generated", hypothesis.settings.get_profile("elfaust"), max_examples=2_000
)
hypothesis.settings.load_profile("elfaust")


@pytest.fixture(scope="session")
def stack_settings() -> Settings:
    """The settings of the test stack."""
    return settings_of_tests()


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


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Mark the tests that take Hive: `make test` has one of them, `make hive` all. Order the tests.

    The first one of Hive fetches its jars, which takes minutes.
    """
    for item in items:
        if "hive_stack" in getattr(item, "fixturenames", ()):
            item.add_marker("hive")
            if item.path.name != "test_smoke.py":
                item.add_marker("long")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(900))
    # Those that -m and -k leave out go.
    yield
    items[:] = longest_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the files of tests that took longer than CONTRIBUTING.md lets them."""
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)
    ]
    if lines := list(over_budget(reports)):
        terminalreporter.section("files over their budget")
        for line in lines:
            terminalreporter.write_line(line)
