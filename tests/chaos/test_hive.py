"""Hive's servers, and those that it needs, die or hang while new hours come all the time.

No event waits for Hive, and none is lost or twice. When the fault is over, each hour has its
partition, and HiveServer2 finds the rows of Parquet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from elfaust.audit.account import read_account
from elfaust.audit.hive import hive_status, in_hive
from elfaust.devstack.stack import Stack
from elfaust.errors import ServerAway
from elfaust.hive.server import session
from elfaust.settings import Settings
from elfaust.workers.state import alive
from tests.chaos.hours import send_hours
from tests.chaos.test_servers import Fault, killed, sent, started
from tests.chaos.trial import (
    Load,
    Outcome,
    acknowledged,
    go_on,
    judged,
    others_go_on,
    until,
    waits_for,
)
from tests.integration.running import working

Note = Callable[[Outcome], None]
Admin = Callable[[str], None]


def dies(server: str, stuck: str, times: int = 1) -> Fault:
    """Return a server's death, for which a role waits, none if empty."""
    return Fault(server, stuck, killed(server), started(server), times)


def hangs(server: str, stuck: str) -> Fault:
    """Return a server that says nothing."""
    return Fault(server, stuck, sent(server, signal.SIGSTOP), sent(server, signal.SIGCONT))


FAULTS = {
    "metastore killed": dies("metastore", "hive", times=2),
    "metastore hangs": hangs("metastore", "hive"),
    "hiveserver2 killed": dies("hiveserver2", ""),
    "hiveserver2 hangs": hangs("hiveserver2", ""),
    "namenode killed, with Hive": dies("namenode", "hdfs"),
    "namenode hangs, with Hive": hangs("namenode", "hdfs"),
    "mariadb killed, with Hive": dies("mariadb", "mysql"),
}
PARTS = {"metastore": "Hive metastore", "namenode": "HDFS", "mariadb": "MySQL"}
RATE = 100.0


@pytest.fixture
def hurried(hive: Settings) -> Settings:
    """Settings with Hive and short time-outs."""
    return replace(
        hive,
        mysql=replace(hive.mysql, timeout=5.0),
        hdfs=replace(hive.hdfs, timeout=5.0),
        hive=replace(hive.hive, timeout=5.0),
        kafka=replace(hive.kafka, request_timeout=10.0, publish_timeout=20.0),
    )


def new_hours(settings: Settings) -> None:
    """Wait until Hive has a partition that it had not."""
    before = partitions(settings)
    until(lambda: partitions(settings) > before, "an hour more is in Hive")


def partitions(settings: Settings) -> int:
    """Return how many partitions Hive has."""
    return sum(table.partitions for table in hive_status(settings).tables)


def query(settings: Settings) -> None:
    """Have HiveServer2 count rows; raises ServerAway."""
    with session(settings.hive) as asked:
        asked.rows(f"SELECT count(*) FROM `{settings.hive.database}`.savetiming")


def not_answered(settings: Settings) -> None:
    """Expect that a query ends with a server that is away, in time."""
    began = time.monotonic()
    with pytest.raises(ServerAway, match="HiveServer2"):
        query(settings)
    assert time.monotonic() - began < 30


def bear(settings: Settings, stack: Stack, admin: Admin, fault: Fault) -> None:
    """Have a fault begin, do what it does, and end."""
    before = acknowledged(settings)
    fault.begin(stack, settings, admin)
    try:
        if fault.stuck:
            others_go_on(settings, fault.stuck, PARTS[fault.server])
        else:
            not_answered(settings)
            until(lambda: go_on(settings, "", before), "all go on")
            new_hours(settings)
    finally:
        fault.end(stack, settings, admin)


def complete(settings: Settings, name: str, times: int, lines: int, undone: float) -> Outcome:
    """Return what the audit says, once all is in Hive; HiveServer2 has the rows of Parquet."""
    # The first query of a HiveServer2 that has just begun takes longer than a fault should.
    patient = replace(settings, hive=replace(settings.hive, timeout=60.0))
    outcome = judged(patient, name, times, lines, undone, ready=in_hive)
    assert hive_status(patient, files=True).is_complete
    outcome.other += asyncio.run(read_account(patient)).problems
    query(patient)
    return outcome


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_hive_s_loses_nothing_and_partitions_follow(
    hurried: Settings, hive_stack: Stack, stack: Stack, admin: Admin, note: Note, name: str
) -> None:
    fault = FAULTS[name]
    servers = hive_stack if fault.server in ("metastore", "hiveserver2") else stack
    with working(hurried, forwarder=0), Load(hurried, RATE, send_hours).running() as load:
        until(lambda: all(acknowledged(hurried).values()), "all have begun")
        new_hours(hurried)
        for _ in range(fault.times):
            bear(hurried, servers, admin, fault)
            until(lambda: not waits_for(hurried, "hive"), "hive waits no more")
        undone = time.monotonic()
        note(complete(hurried, name, fault.times, load.stop(), undone))


def another(settings: Settings, pid: int) -> bool:
    """Whether a worker of hive runs that has another pid."""
    return any(of.role == "hive" and of.pid != pid for of in alive(settings))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_worker_of_hive_that_is_killed_leaves_nothing_out(hurried: Settings, note: Note) -> None:
    with working(hurried, forwarder=0), Load(hurried, RATE, send_hours).running() as load:
        until(lambda: all(acknowledged(hurried).values()), "all have begun")
        for _ in range(3):
            new_hours(hurried)
            [worker] = [of for of in alive(hurried) if of.role == "hive"]
            os.kill(worker.pid, signal.SIGKILL)
            until(partial(another, hurried, worker.pid), "another worker of hive runs")
        new_hours(hurried)
        undone = time.monotonic()
        note(complete(hurried, "hive worker killed", 3, load.stop(), undone))
