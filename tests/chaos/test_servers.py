"""Real servers that stop, die, hang or refuse, under load: nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from tests.chaos.trial import Load, Outcome, acknowledged, judged, others_go_on, until, waits_for
from tests.integration.running import working
from tests.servers import dfsadmin

Note = Callable[[Outcome], None]
Admin = Callable[[str], None]


@dataclass
class Fault:
    """How a server's fault begins and ends; `stuck` is the role that must wait, all if empty."""

    server: str
    stuck: str
    begin: Callable[[Stack, Settings, Admin], None]
    end: Callable[[Stack, Settings, Admin], None]
    times: int = 1
    part: str = ""


def stopped(server: str) -> Callable[[Stack, Settings, Admin], None]:
    return lambda stack, settings, admin: stack.server(server).stop()


def sent(server: str, number: int) -> Callable[[Stack, Settings, Admin], None]:
    return lambda stack, settings, admin: os.kill(stack.server(server).pid(), number)


def killed(server: str) -> Callable[[Stack, Settings, Admin], None]:
    def kill(stack: Stack, settings: Settings, admin: Admin) -> None:
        os.kill(stack.server(server).pid(), signal.SIGKILL)
        until(lambda: not stack.server(server).pid(), f"{server} is gone")

    return kill


def started(server: str) -> Callable[[Stack, Settings, Admin], None]:
    def start(stack: Stack, settings: Settings, admin: Admin) -> None:
        stack.server(server).start()
        stack.server(server).wait_ready(120)

    return start


def mysql_says(statement: str) -> Callable[[Stack, Settings, Admin], None]:
    return lambda stack, settings, admin: admin(statement)


def safe_mode(action: str) -> Callable[[Stack, Settings, Admin], None]:
    return lambda stack, settings, admin: dfsadmin(settings, "-safemode", action)


def quota(*arguments: str) -> Callable[[Stack, Settings, Admin], None]:
    def set_it(stack: Stack, settings: Settings, admin: Admin) -> None:
        dfsadmin(settings, *arguments, settings.hdfs.root)

    return set_it


STOP, CONTINUE = signal.SIGSTOP, signal.SIGCONT
FAULTS = {
    "kafka stopped": Fault("kafka", "", stopped("kafka"), started("kafka")),
    "kafka killed": Fault("kafka", "", killed("kafka"), started("kafka"), times=3),
    "kafka hangs": Fault("kafka", "", sent("kafka", STOP), sent("kafka", CONTINUE)),
    "mariadb stopped": Fault("mariadb", "mysql", stopped("mariadb"), started("mariadb")),
    "mariadb killed": Fault("mariadb", "mysql", killed("mariadb"), started("mariadb"), times=3),
    "mariadb hangs": Fault("mariadb", "mysql", sent("mariadb", STOP), sent("mariadb", CONTINUE)),
    "mariadb read-only": Fault(
        "mariadb",
        "mysql",
        mysql_says("SET GLOBAL read_only = 1"),
        mysql_says("SET GLOBAL read_only = 0"),
        part="read-only",
    ),
    "namenode stopped": Fault("namenode", "hdfs", stopped("namenode"), started("namenode")),
    "namenode killed": Fault("namenode", "hdfs", killed("namenode"), started("namenode"), times=2),
    "namenode hangs": Fault("namenode", "hdfs", sent("namenode", STOP), sent("namenode", CONTINUE)),
    "namenode in safe mode": Fault(
        "namenode", "hdfs", safe_mode("enter"), safe_mode("leave"), part="safe mode"
    ),
    "HDFS folder full": Fault(
        "namenode",
        "hdfs",
        quota("-setSpaceQuota", "1m"),
        quota("-clrSpaceQuota"),
        part="quota",
    ),
    "datanode stopped": Fault("datanode", "hdfs", stopped("datanode"), started("datanode")),
    "datanode killed": Fault("datanode", "hdfs", killed("datanode"), started("datanode"), times=2),
    "datanode hangs": Fault("datanode", "hdfs", sent("datanode", STOP), sent("datanode", CONTINUE)),
}
#: What `make test` does of these, once; `make chaos` does all, each as often as it says. The short
#: campaign of test_random.py has most of the others.
SHORT = ("mariadb killed",)
LONG = pytest.mark.long
PARTS = {"kafka": "Kafka", "mariadb": "MySQL", "namenode": "HDFS", "datanode": "HDFS"}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "times"),
    [
        *(pytest.param(name, 1, id=name) for name in SHORT),
        *(
            pytest.param(name, fault.times, id=f"{name}, {fault.times}", marks=LONG)
            for name, fault in FAULTS.items()
            if name not in SHORT or fault.times > 1
        ),
    ],
)
def test_a_server_s_fault_loses_and_doubles_nothing(
    limited: Settings, stack: Stack, admin: Admin, note: Note, name: str, times: int
) -> None:
    fault = FAULTS[name]
    part = fault.part or PARTS[fault.server]
    with working(limited, forwarder=0), Load(limited).running() as load:
        until(lambda: all(acknowledged(limited).values()), "all have begun")
        for _ in range(times):
            fault.begin(stack, limited, admin)
            try:
                if fault.stuck:
                    others_go_on(limited, fault.stuck, part)
                else:
                    until(lambda: part in waits_for(limited, "mysql"), f"mysql names {part}")
                    time.sleep(5)
            finally:
                fault.end(stack, limited, admin)
        undone = time.monotonic()
        note(judged(limited, name, times, load.stop(), undone))
