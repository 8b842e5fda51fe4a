"""The pages of whoever measures a worker, and how a worker says that it stands."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families as parse

from elfaust import __version__, boundary
from elfaust.metrics.of_processes import DISK_FREE, DISK_SIZE, RECENT_STARTS
from elfaust.metrics.table import (
    CODES,
    EVENTS,
    HELD,
    LAG_EVENTS,
    LOOKUP_RESULTS,
    LOOKUPS,
    RAW_LINES,
    RESULTS,
    SINK_FILES,
    SINK_REJECTED,
    SINK_ROWS,
    SINK_SECONDS,
    STATE,
    STATES,
    UNFORESEEN,
)
from elfaust.metrics.values import values
from elfaust.names import TopicNames
from elfaust.settings import Settings
from elfaust.workers import measured, starts
from elfaust.workers.readiness import Readiness
from tests.counted import counted
from tests.stand_in import stand_in


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    (tmp_path / "Edit").mkdir()
    (tmp_path / "Edit" / "7.json").write_text(json.dumps({"properties": {}}))
    return tmp_path


def worker_of(role: str, schemas: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a worker whose pages are in its `pages`, by their paths."""
    watch = stand_in(failures=0)
    monkeypatch.setattr(measured, "watch_lag", lambda worker: watch)
    settings = replace(
        Settings(),
        schemas=replace(Settings().schemas, folder=str(schemas)),
        workers=replace(Settings().workers, state=str(schemas)),
        stack=replace(Settings().stack, dir=str(schemas / "none")),
    )
    worker = stand_in(
        role=role,
        settings=settings,
        names=TopicNames(settings),
        readiness=Readiness(),
        held=[],
        conf=stand_in(web_port=6067),
        pages={},
        watch=watch,
    )
    worker.page = lambda path, name: lambda page: worker.pages.setdefault(path, page)
    worker.readiness.has_lanes = True
    measured.register(worker)
    return worker


async def ask(worker: Any, path: str, accept: str = "", query: str = "") -> Any:
    view = SimpleNamespace(
        json=lambda body: body, bytes=lambda body, headers: (body.decode(), headers)
    )
    request = make_mocked_request("GET", f"{path}?{query}", headers={"Accept": accept})
    return await worker.pages[path](view, request)


async def test_a_worker_is_alive_has_a_version_and_shows_what_it_has_counted(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = worker_of("mysql", schemas, monkeypatch)
    assert (await ask(worker, "/-/healthy"))["healthy"] is True
    assert (await ask(worker, "/-/version"))["version"] == __version__
    body, headers = await ask(worker, "/metrics")
    assert headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in parse(body)}
    [build] = families["elfaust_build_info"].samples
    assert (build.labels["version"], build.labels["role"]) == (__version__, "mysql")
    assert families["elfaust_sink_batch_seconds"].samples[-1].value == 0
    body, headers = await ask(worker, "/metrics", "application/openmetrics-text")
    assert body.endswith("# EOF\n")
    assert headers["Content-Type"].startswith("application/openmetrics-text")


async def test_metrics_of_a_name_can_be_had_alone_and_nobody_is_asked_for_others(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = worker_of("mysql", schemas, monkeypatch)
    values().ask(LAG_EVENTS, lambda: pytest.fail("asked"))
    names = f"name[]={STATE.name}&name[]={SINK_SECONDS.name}&name[]=none"
    body, _ = await ask(worker, "/metrics", query=names)
    assert {family.name for family in parse(body)} == {STATE.name, SINK_SECONDS.name}
    assert (await ask(worker, "/metrics", query="name[]=none"))[0] == ""


def test_all_that_is_known_exists_before_it_is_counted(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = worker_of("processor", schemas, monkeypatch)
    numbers = values().look().numbers
    assert set(numbers[EVENTS]) == {
        (*key, result) for key in (("Edit", "7"), ("unknown", "-1")) for result in RESULTS
    }
    assert set(numbers[RAW_LINES]) == {(topic,) for topic in worker.names.raw}
    assert set(numbers[LOOKUPS]) == {(result,) for result in LOOKUP_RESULTS}
    assert set(numbers[UNFORESEEN]) == {(code,) for code in CODES}
    assert not any(numbers[EVENTS].values())
    assert SINK_ROWS not in numbers


@pytest.mark.parametrize(("role", "files"), [("mysql", False), ("hdfs", True)])
def test_a_sink_begins_with_what_it_may_store(
    role: str, files: bool, schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_of(role, schemas, monkeypatch)
    look = values().look()
    for metric in (SINK_ROWS, SINK_REJECTED):
        assert look.numbers[metric] == {(role, "Edit", "7"): 0}
    assert (SINK_FILES in look.numbers) == files
    assert set(look.spreads[SINK_SECONDS]) == {(role,)}
    assert EVENTS not in look.numbers


def test_a_worker_says_how_it_stands(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = worker_of("mysql", schemas, monkeypatch)
    blocked, retries, held = "", False, list[str]()
    worker.readiness.reports(lambda: blocked)
    worker.readiness.retries(lambda: retries)
    worker.held.append(lambda: held)

    def state() -> str:
        assert set(values().look().numbers[STATE]) == {("mysql", state) for state in STATES}
        [(_, state)] = counted(STATE)
        return state

    assert state() == "running"
    held = ["table Edit_7 is locked", "table A_1 is locked"]
    assert state() == "held"
    assert counted(HELD) == {("mysql",): 2}
    retries = True
    assert state() == "retrying"
    blocked = "MySQL: gone"
    assert state() == "waiting"
    assert counted(HELD) == {("mysql",): 2}
    blocked, retries, held = "", False, []
    assert state() == "running"
    # Kafka does not answer: once may be chance.
    worker.watch.failures = 1
    assert state() == "retrying"
    worker.watch.failures = 2
    assert state() == "waiting"


def test_the_disk_of_a_folder_that_is_there_is_measured(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_of("mysql", schemas, monkeypatch)
    disk = SimpleNamespace(free=3, total=7)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: folder.stat() and disk)
    assert counted(DISK_FREE) == {("state",): 3}
    assert counted(DISK_SIZE) == {("state",): 7}
    (schemas / "none").mkdir()
    assert counted(DISK_FREE) == {("state",): 3, ("servers",): 3}


def test_a_worker_says_how_often_it_has_begun_lately(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = worker_of("mysql", schemas, monkeypatch)
    assert values().look().numbers[RECENT_STARTS] == {("mysql",): 0}
    for port in (6067, 6067, 6073):
        starts.note(worker.settings, "mysql", port)
    assert counted(RECENT_STARTS) == {("mysql",): 2}


def test_what_nobody_foresaw_is_counted(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_of("processor", schemas, monkeypatch)
    boundary.unforeseen(ValueError("odd"), "consumer")
    assert counted(UNFORESEEN) == {("consumer",): 1}
