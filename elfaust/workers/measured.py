"""The pages for whoever measures a worker, and what it says of itself when they are asked for.

GET /metrics      what this process has counted (elfaust/metrics/table.py), for Prometheus;
                  with ?name[]=NAME, which may be repeated, the metrics of these names alone, as
                  Prometheus's own clients have it
GET /-/healthy    200 as long as the worker's loop is alive
GET /-/version    {"role": str, "version": str, "python": str}
"""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from elfaust import __version__
from elfaust.boundary import counted
from elfaust.metrics import of_processes, table
from elfaust.metrics.exposition import exposition
from elfaust.metrics.values import UNKNOWN, begin_schemas, count, count_of, values
from elfaust.records import SchemaKey
from elfaust.roles import READERS, SINKS
from elfaust.schema.lookup.folder import SchemaFolder
from elfaust.settings import state_folder
from elfaust.workers import starts
from elfaust.workers.lag_watch import watch_lag
from elfaust.workers.worker import Worker


def register(worker: Worker) -> None:
    """Add the pages to a role's worker, and have what it counts begin at 0."""
    role, about = worker.role, {"version": __version__, "python": platform.python_version()}
    begin(worker, SchemaFolder(worker.settings.schemas.folder).known())
    values().ask(of_processes.BUILD, lambda: {(role, *about.values()): 1})
    watch = watch_lag(worker) if role in READERS else None
    values().ask(table.STATE, lambda: _states(worker, watch.failures if watch else 0))
    values().ask(table.HELD, lambda: {(role,): len(_held(worker))})
    values().ask(table.UNFORESEEN, lambda: {(code,): n for code, n in _unforeseen().items()})
    values().ask(of_processes.RECENT_STARTS, lambda: {(role,): _starts(worker)})
    values().ask(of_processes.DISK_FREE, lambda: {(of,): disk.free for of, disk in _disks(worker)})
    values().ask(of_processes.DISK_SIZE, lambda: {(of,): disk.total for of, disk in _disks(worker)})

    @worker.page("/metrics", name="metrics")  # type: ignore[untyped-decorator]
    async def metrics(view: Any, request: Any) -> Any:
        names = request.query.getall("name[]", ())
        snapshot = values().look(names)
        # In a thread: it may be thousands of lines, and events go on.
        body, content_type = await asyncio.to_thread(
            exposition, snapshot, request.headers.get("Accept", ""), process=not names
        )
        return view.bytes(body, headers={"Content-Type": content_type})

    @worker.page("/-/healthy", name="healthy")  # type: ignore[untyped-decorator]
    async def healthy(view: Any, request: Any) -> Any:
        return view.json({"role": role, "healthy": True})

    @worker.page("/-/version", name="version")  # type: ignore[untyped-decorator]
    async def the_version(view: Any, request: Any) -> Any:
        return view.json({"role": role, **about})


def begin(worker: Worker, known: Iterable[SchemaKey]) -> None:
    """Have counters exist before there is anything to count: a rate is reckoned from a 0."""
    role = worker.role
    if role == "processor":
        begin_schemas([UNKNOWN, *known])
        for topic in worker.names.raw:
            count(table.RAW_LINES, 0, topic)
            count(table.VALID_LINES, 0, topic)
            count(table.REPEATED_LINES, 0, topic)
        for result in table.LOOKUP_RESULTS:
            count(table.LOOKUPS, 0, result)
    if role in SINKS:
        values().begin_spread(table.SINK_SECONDS, role)
        of_sink = (table.SINK_ROWS, table.SINK_REJECTED, table.SINK_FILES, table.SINK_BYTES)
        for key in known:
            for metric in of_sink:
                if role in metric.roles:
                    count_of(metric, 0, key, role)


def _unforeseen() -> dict[str, int]:
    return dict.fromkeys(table.CODES, 0) | counted()


def _starts(worker: Worker) -> int:
    return starts.lately(worker.settings, worker.role, worker.conf.web_port)


def _disks(worker: Worker) -> Iterator[tuple[str, Any]]:
    folders = {"state": state_folder(worker.settings), "servers": Path(worker.settings.stack.dir)}
    for of, folder in folders.items():
        # Those of `elfaust stack` are not on every machine.
        with suppress(OSError):
            yield of, shutil.disk_usage(folder)


def _held(worker: Worker) -> list[str]:
    return [why for holds in worker.held for why in holds()]


def _states(worker: Worker, failures: int) -> dict[tuple[str, ...], float]:
    """Return how a worker stands, to whom Kafka did not answer so often in a row."""
    state = "running"
    if worker.readiness.waits or failures > 1:
        state = "waiting"
    elif worker.readiness.is_retrying or failures:
        state = "retrying"
    elif _held(worker):
        state = "held"
    return {(worker.role, name): float(name == state) for name in table.STATES}
