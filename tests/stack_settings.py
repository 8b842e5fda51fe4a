"""Settings of the test stack, and of a test: ports, folders and names that nobody else has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from elfaust.settings import Settings
from tests import REPOSITORY as CHECKOUT


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
