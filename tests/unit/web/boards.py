"""Boards for tests: counts and workers, as well or as troubled as a test says."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from elfaust.counts.entry import CountKey
from elfaust.counts.usual import Mark
from elfaust.counts.view import View
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import Lag, Trouble, WorkerSaid
from elfaust.records import SchemaKey
from elfaust.web.board import Beside, Board, board

MINUTE = 1_000_000
#: Half a minute into that minute.
NOW = MINUTE * 60 + 30.0
ROLES = ("throughput", "processor", "mysql", "hdfs", "forwarder")


def total(schema: str, code: str = "", minute: int | None = None) -> CountKey:
    return CountKey(0, f"eventlogging_{schema}_7", schema, 7, code, minute)


def view_of(*entries: tuple[CountKey, int], as_of: float = NOW) -> View:
    view = View(3, clock=lambda: NOW, keep_minutes=61)
    view.complete, view.as_of = True, as_of
    for key, count in entries:
        view.apply(key, {"count": count, "last": MINUTE * 60_000, "positions": {}})
    return view


def worker(role: str, state: str = "running", pid: int = 1, **more: object) -> WorkerSaid:
    said = {"said": NOW - 1, "lag": {"raw": Lag(0, 0.0, NOW - 2)}, **more}
    return WorkerSaid(role, pid, f"http://127.0.0.1:{pid}/", state, **said)  # type: ignore[arg-type]


def overview_of(*workers: WorkerSaid, looked: float = NOW - 1) -> Overview:
    """Return an overview of these workers, and of one that is well of each other role."""
    roles = {one.role for one in workers}
    rest = [worker(role, pid=n) for n, role in enumerate(ROLES, 90) if role not in roles]
    return Overview(looked, ROLES, (*workers, *rest))


def board_of(
    *entries: tuple[CountKey, int],
    overview: Overview | None = None,
    marks: Mapping[SchemaKey, Mark] | None = None,
    schemas: Collection[SchemaKey] = (),
    as_of: float = NOW,
) -> Board:
    view = view_of(*entries, as_of=as_of)
    return board(view, Beside(overview or overview_of(), marks or {}, schemas), NOW, 3)


def waits(why: str, seconds: float = 60.0) -> tuple[Trouble, ...]:
    """Return a trouble that has stood for so long."""
    return (Trouble(why, NOW - seconds),)
