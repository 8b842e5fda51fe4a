"""The start page on real servers: several workers of a role, a server away, and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from elfaust.devstack.stack import Stack
from elfaust.settings import Settings
from elfaust.times import unix_seconds
from elfaust.trial.job import landed, send
from tests.integration.running import working

pytestmark = pytest.mark.long
LINES = 3_000
PATIENCE = 60.0


def shown(settings: Settings) -> Any:
    """Return what the page of the first throughput worker shows, as JSON; {} for none."""
    try:
        address = f"http://127.0.0.1:{settings.web.port}/"
        return requests.get(address, headers={"Accept": "application/json"}, timeout=10).json()
    except requests.ConnectionError:
        return {}


def until(settings: Settings, holds: Callable[[Any], bool]) -> Any:
    """Return what is shown as soon as something holds of it."""
    deadline = time.monotonic() + PATIENCE
    while not ((found := shown(settings)).get("overview") and holds(found)):
        assert time.monotonic() < deadline, found.get("findings")
        time.sleep(0.2)
    return found


def role(found: Any, name: str) -> Any:
    (one,) = [role for role in found["overview"]["roles"] if role["role"] == name]
    return one


def is_well(found: Any) -> bool:
    states = {worker["state"] for r in found["overview"]["roles"] for worker in r["workers"]}
    lags = [role["lag"] for role in found["overview"]["roles"] if role["role"] != "forwarder"]
    return states == {"running"} and all(lag and lag["events"] == 0 for lag in lags)


def test_a_dead_server_is_shown_with_error_and_time_and_nothing_else_is(
    quick: Settings, stack: Stack
) -> None:
    settings = replace(quick, hdfs=replace(quick.hdfs, flush_seconds=2.0))
    with working(settings, processor=2, mysql=2):
        asyncio.run(send(settings, LINES))
        asyncio.run(landed(settings, LINES, timeout=90.0))
        found = until(settings, lambda found: is_well(found) and found["total"]["lines"] == LINES)
        assert found["findings"] == []
        assert [len(role(found, name)["workers"]) for name in ("processor", "mysql")] == [2, 2]
        topics = {topic["topic"]: topic["lag"] for topic in found["overview"]["topics"]}
        for schema in found["schemas"]:
            if schema["stored"]:
                of = topics[schema["topic"]]
                assert {name: lag["events"] for name, lag in of.items()} == dict.fromkeys(
                    ("throughput", "mysql", "hdfs"), 0
                )
        began = time.time()
        stack.server("mariadb").stop()
        try:
            asyncio.run(send(settings, 600))
            found = until(settings, lambda found: role(found, "mysql")["state"] == "waiting")
            (finding,) = [one for one in found["findings"] if one["level"] == "critical"]
            assert finding["what"] == f"mysql waits for MySQL 127.0.0.1:{settings.mysql.port}"
            assert "onnect" in finding["why"]
            assert began - 1 < unix_seconds(finding["since"]) <= time.time()
            others = {one["role"]: one["state"] for one in found["overview"]["roles"]}
            assert {s for name, s in others.items() if name != "mysql"} == {"running"}
            later = until(settings, lambda found: role(found, "mysql")["lag"]["events"] > 0)
            (same,) = [one for one in later["findings"] if one["level"] == "critical"]
            assert same["since"] == finding["since"]
        finally:
            stack.up()
        found = until(settings, is_well)
        assert found["findings"] == []
