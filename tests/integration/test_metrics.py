"""What workers on real servers say of themselves at /metrics: to the line, and each lane once."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families as parse

from elfaust.audit.account import Account, read_account
from elfaust.commands.check import command as check
from elfaust.dashboards.files import files_for
from elfaust.dashboards.grafana import PANELS
from elfaust.delivery.publisher import publishing
from elfaust.metrics.table import LAG_MEASURED, METRICS
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.job import landed, send
from elfaust.workers.state import alive
from tests.integration.prometheus import PROGRAM as PROMETHEUS
from tests.integration.prometheus import read_by_prometheus
from tests.integration.running import EVERY, READERS, working

LINES = 4_000
#: Milliseconds.
HOUR = 3_600_000
PATIENCE = 60.0
PROMTOOL = os.environ.get("ELFAUST_TEST_PROMTOOL") or shutil.which("promtool")

Samples = list[tuple[str, dict[str, str], float]]


def scraped(settings: Settings) -> dict[str, list[Samples]]:
    """Return the samples of each worker, by role."""
    found: dict[str, list[Samples]] = {}
    for worker in alive(settings):
        try:
            answer = requests.get(f"{worker.web}metrics", timeout=5)
        except requests.ConnectionError:
            # It begins, or has just been killed.
            continue
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        if PROMTOOL:
            lint = [PROMTOOL, "check", "metrics"]
            subprocess.run(lint, input=answer.content, check=True, capture_output=True)
        families = parse(answer.text)
        found.setdefault(worker.role, []).append(
            [(s.name, s.labels, s.value) for family in families for s in family.samples]
        )
    return found


def summed(workers: list[Samples], name: str, *by: str) -> dict[Any, float]:
    """Return the sum of a metric over workers, by some labels, where it is not 0."""
    sums: Counter[Any] = Counter()
    for sample, labels, value in (one for worker in workers for one in worker):
        if sample == name:
            sums[tuple(labels[label] for label in by)] += value  # type: ignore[assignment]
    return {labels: value for labels, value in sums.items() if value}


def total(workers: list[Samples], name: str) -> float:
    return sum(summed(workers, name).values())


async def send_days_of(settings: Settings, schema: str) -> int:
    """Send lines of a schema that had events at this hour on eight days, and has none today.

    Two hours of each day: the next one may begin before anybody looks. Returns how many they are.
    """
    topic, this = settings.raw_topics["server"], int(time.time()) // 3600
    hours = [this - back - day * 24 for day in range(1, 9) for back in (1, 2)]
    capsule = {"schema": schema, "revision": 1, "event": {}, "webHost": "a", "wiki": "b"}
    said = json.dumps(capsule | {"recvFrom": "c", "timestamp": 1600000000}, separators=(",", ":"))
    lines = [
        Outgoing(topic, n % settings.topics.lanes, f"{n} EventLogging {said}".encode(), hour * HOUR)
        for n, hour in enumerate(hours * 20)
    ]
    async with publishing(settings) as publisher:
        await publisher.publish(lines)
    return len(lines)


def with_schema(settings: Settings, schema: str, folder: Path) -> Settings:
    """Return settings that know one more schema; `folder` gets all of them."""
    schemas = shutil.copytree(settings.schemas.folder, folder / "schemas")
    (schemas / schema).mkdir()
    (schemas / schema / "1.json").write_text('{"properties": {}}')
    return replace(settings, schemas=replace(settings.schemas, folder=str(schemas)))


def measured_since(settings: Settings, moment: float, readers: int) -> dict[str, list[Samples]]:
    """Return the samples of each worker, once so many have measured their lag after a moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        roles = scraped(settings)
        workers = [worker for role in READERS for worker in roles.get(role, [])]
        times = [v for worker in workers for name, _, v in worker if name == LAG_MEASURED.name]
        if len(times) == readers and min(times) > moment:
            return roles
        assert time.monotonic() < deadline, times
        time.sleep(0.5)


def test_every_number_is_that_of_the_account_with_two_workers_a_role(
    quick: Settings, tmp_path: Path
) -> None:
    quick = with_schema(quick, "Fallen", tmp_path)
    counts = dict.fromkeys(READERS, 2)
    with working(quick, **counts) as running:
        lines = LINES + asyncio.run(send_days_of(quick, "Fallen"))
        asyncio.run(send(quick, LINES))
        asyncio.run(landed(quick, lines, timeout=90.0))
        over = time.time()
        account = asyncio.run(read_account(quick))
        roles = measured_since(quick, over, sum(counts.values()))
        checked = CliRunner().invoke(check, [], obj=quick)
        if PROMETHEUS:
            read_by_prometheus(quick, tmp_path / "prometheus", quick.web.port + 900)
        assert_pages_agree(quick)
    assert running.ended == []
    assert account.problems == []
    assert_counted_as(account, roles, lines)
    assert_all_roles_have_their_metrics(roles)
    assert_asked_is_measured(
        [sample for workers in roles.values() for one in workers for sample in one]
    )
    # What `elfaust check` says of them: a plugin's line and exit code.
    assert checked.exit_code == 2
    assert checked.output.startswith("ELFAUST CRITICAL - without events: Fallen 1")
    assert re.search(r" \| .*lag_mysql=0s;300;900;0 .*schemas_silent=1;0;0;0 ", checked.output)
    # Nobody works any more.
    assert CliRunner().invoke(check, ["--json"], obj=quick).exit_code == 2


def assert_pages_agree(settings: Settings) -> None:
    """See to it that each worker says that it is healthy, ready, and what it is."""
    for worker in alive(settings):
        web = worker.web
        assert requests.get(f"{web}-/healthy", timeout=5).json()["healthy"] is True
        assert requests.get(f"{web}-/version", timeout=5).json()["role"] == worker.role
        ready = requests.get(f"{web}-/ready", timeout=5)
        assert ready.json() == requests.get(f"{web}ready/", timeout=5).json()
        assert ready.status_code == 200


def assert_counted_as(account: Account, roles: dict[str, list[Samples]], lines: int) -> None:
    """See to it that the numbers of all workers of a role sum to the account's."""
    processors = roles["processor"]
    assert total(processors, "elfaust_raw_lines_total") == lines
    results = summed(processors, "elfaust_events_total", "schema", "revision", "result")
    assert sum(results.values()) == lines
    valid = {key[:2]: lines for key, lines in results.items() if key[2] == "valid"}
    wanted = {
        (entry.key.schema, str(entry.key.revision)): entry.valid
        for entry in account.entries
        if entry.valid
    }
    assert valid == wanted
    for role in ("mysql", "hdfs"):
        rows = summed(roles[role], "elfaust_sink_rows_total", "schema", "revision")
        assert rows == wanted
        assert total(roles[role], "elfaust_sink_batch_seconds_count") > 0
    assert total(roles["hdfs"], "elfaust_sink_files_total") >= len(wanted)
    assert total(roles["hdfs"], "elfaust_sink_bytes_total") > 10_000
    for role in READERS:
        lags = [(n, v) for w in roles[role] for n, _, v in w if "lag_events" in n]
        assert lags, role
        assert {value for _, value in lags} == {0}
        ages = {v for w in roles[role] for n, _, v in w if "oldest_unwritten" in n}
        assert ages == {0}


def assert_all_roles_have_their_metrics(roles: dict[str, list[Samples]]) -> None:
    """See to it that each role has the metrics that the table says, and is in one state."""
    named = {metric.name for metric in METRICS}
    for role in EVERY:
        has = {name.removesuffix("_count") for worker in roles[role] for name, _, _ in worker}
        wants = {metric.name for metric in METRICS if role in metric.roles}
        assert wants - has == set(), role
        assert {name for name in has if name.startswith("elfaust_")} & named == wants, role
        states = summed(roles[role], "elfaust_worker_state", "state")
        assert states == {("running",): len(roles[role])}


def assert_asked_is_measured(samples: Samples) -> None:
    """See to it that what rules and dashboards ask for is there, each metric with its labels."""
    rules = files_for("prometheus", Settings())["alerts.yml"]
    asked = [*re.findall(r"(?m)expr: (.*)|^ {10}(.*)", rules)]
    texts = [*map("".join, asked), *(text for panel in PANELS for _, text in panel.lines)]
    found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for name, labels, _ in samples:
        found[name].append(labels)
    asked_for = [
        match
        for text in texts
        for match in re.findall(r"\b((?:elfaust|process)_\w+)(?:{([^}]*)})?", text)
    ]
    assert len({name for name, _ in asked_for}) > 20
    # Role hive does not run here: tests/hive/test_operating.py has its metrics.
    of_hive = {metric.name for metric in METRICS if set(metric.roles) == {"hive"}}
    for name, matchers in asked_for:
        if name in of_hive:
            continue
        assert found[name], name
        for label, sign, value in re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', matchers):
            values = {labels[label] for labels in found[name]}
            if "$" not in value:
                fits = {one for one in values if re.fullmatch(value, one)}
                assert fits if sign in ("=", "=~") else values - fits, (name, label, value)
    for by, name in re.findall(r"by \(([^)]*)\) \(?(?:rate|increase)?\(?(\w+)", " ".join(texts)):
        if name.startswith("elfaust_"):
            assert set(by.split(", ")) <= {*found[name][0], "job", "instance"}, name


def test_each_lane_is_behind_once_whoever_has_it(quick: Settings) -> None:
    """Rows wait in memory: none is acknowledged, and the lanes move from worker to worker."""
    settings = replace(quick, mysql=replace(quick.mysql, flush_seconds=600.0, flush_rows=100_000))
    valid = LINES * 19 // 20
    began = time.time()
    with working(settings, mysql=2, hdfs=0, throughput=0, forwarder=0):
        asyncio.run(send(settings, LINES))
        until_behind(settings, valid, workers=2)
        [first, _] = [worker for worker in alive(settings) if worker.role == "mysql"]
        os.kill(first.pid, signal.SIGKILL)
        # Its lanes are those of its successor, or of the other for a while.
        until_behind(settings, valid, workers=2)
        ages = [v for w in scraped(settings)["mysql"] for n, _, v in w if "oldest_unwritten" in n]
        assert 1 < max(ages) < time.time() - began


def until_behind(settings: Settings, records: int, workers: int) -> None:
    """Wait until so many workers of mysql are behind by so many records; never by more."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = scraped(settings).get("mysql", [])
        behind = [total([worker], "elfaust_consumer_lag_events") for worker in found]
        assert sum(behind) <= records
        if sum(behind) == records and sum(1 for lag in behind if lag) == workers:
            return
        assert time.monotonic() < deadline, behind
        time.sleep(0.2)
