"""elfaust status: each role with its workers, lag and rows written; then the topics that wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from elfaust.commands.lag import oldest, read_lags
from elfaust.commands.options import json_option, span, watched
from elfaust.delivery.lag import TopicLag
from elfaust.errors import ServerAway
from elfaust.overview.look import look
from elfaust.overview.overview import Overview, RoleNow
from elfaust.overview.worker_said import Trouble, WorkerSaid
from elfaust.roles import picked
from elfaust.settings import Settings
from elfaust.workers import starts

#: What a worker waits for that does not answer.
SILENT = "an answer of its own"


@click.command()
@click.option("--all", "everything", is_flag=True, help="List topics that are read to their end.")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@json_option
@click.pass_obj
def command(settings: Settings, everything: bool, watch: bool, as_json: bool) -> None:
    """Show each role: its workers on this machine, its lag, and the rows that it has written.

    The workers are shown even if Kafka does not answer; it then exits 3.
    """

    def shown() -> tuple[str, ServerAway | None]:
        status, away = asyncio.run(read(settings))
        return json.dumps(status) if as_json else as_text(status, everything), away

    if watch:
        watched(lambda: _with_error(*shown()))
        return
    text, away = shown()
    click.echo(text)
    if away:
        raise away


def _with_error(text: str, away: ServerAway | None) -> str:
    return f"{text}\nError: {away}" if away else text


async def read(settings: Settings) -> tuple[dict[str, Any], ServerAway | None]:
    """Return the status as JSON, and which server is away, so that some of it is unknown."""
    overview, lags = await asyncio.gather(look(settings), _lags(settings))
    if isinstance(lags, ServerAway):
        return describe(settings, overview, None), lags
    return describe(settings, overview, lags), None


async def _lags(settings: Settings) -> list[TopicLag] | ServerAway:
    try:
        return await read_lags(settings)
    except ServerAway as away:
        return away


def describe(
    settings: Settings, overview: Overview, lags: Sequence[TopicLag] | None
) -> dict[str, Any]:
    """Return the status as the JSON shape that `--json` prints; without `lags`, Kafka is away.

    `rows_written` counts the records that each sink has acknowledged, which is after their commit.
    It, `topics` and the lag of roles are null where nobody knows: unknown is never 0.
    """
    topics: dict[str, dict[str, Any]] = {}
    for lag in lags or ():
        topic = topics.setdefault(
            lag.topic, {"topic": lag.topic, "records": lag.records, "lag": {}, "seconds": {}}
        )
        topic["lag"][lag.role] = lag.lag
        topic["seconds"][lag.role] = None if lag.seconds is None else round(lag.seconds, 1)
    return {
        "roles": [_role(role, lags) for role in overview.roles],
        "workers": [
            {**_worker(worker, overview.looked), "started_again": _began(settings, worker)}
            for worker in overview.workers
        ],
        "topics": None if lags is None else [topics[name] for name in sorted(topics)],
        "rows_written": {
            role: None
            if lags is None
            else sum(lag.acknowledged for lag in lags if lag.role == role)
            for role in picked(settings.processor.stores)
        },
    }


def _role(role: RoleNow, lags: Sequence[TopicLag] | None) -> dict[str, Any]:
    of = [lag for lag in lags or () if lag.role == role.role]
    age = oldest(of) if of else None
    return {
        "role": role.role,
        "state": role.state,
        "workers": len(role.workers),
        "lag": sum(lag.lag for lag in of) if of else None,
        "seconds": None if age is None else round(age, 1),
    }


def _began(settings: Settings, worker: WorkerSaid) -> str:
    """Return which server was away, within the hour, so that a worker began again; else ""."""
    port = urlsplit(worker.web).port
    return starts.away(settings, worker.role, port) if port else ""


def _worker(worker: WorkerSaid, now: float) -> dict[str, Any]:
    silent = worker.state == "silent" or (worker.state == "starting" and not worker.said)
    troubles = (*worker.waits_for, *worker.held)
    return {
        "role": worker.role,
        "pid": worker.pid,
        "web": worker.web,
        "state": worker.state,
        "ready": worker.is_ready and not silent,
        "waits_for": [SILENT] if silent else [trouble.why for trouble in worker.waits_for],
        "held": [trouble.why for trouble in worker.held],
        "for_seconds": {trouble.why: _for(trouble, now) for trouble in troubles},
        "unforeseen": dict(worker.unforeseen),
        "unnamed": dict(worker.unnamed),
        "lost": dict(worker.lost),
    }


def _for(trouble: Trouble, now: float) -> int:
    return round(max(0.0, now - trouble.since))


def as_text(status: dict[str, Any], everything: bool = False) -> str:
    """Return a status for people: roles with their workers, then the topics that wait."""
    lines = []
    for role in status["roles"]:
        lines.append(_role_line(role, status["rows_written"]))
        workers = [worker for worker in status["workers"] if worker["role"] == role["role"]]
        lines += [f"  pid {of['pid']:<8} {of['web']} {_worker_line(of)}" for of in workers]
    if not status["workers"]:
        lines.append("No worker runs here; `elfaust up` starts one of each role.")
    if status["topics"] is not None:
        lines += _topic_lines(status["topics"], everything)
    return "\n".join(lines)


def _role_line(role: dict[str, Any], rows_written: dict[str, int | None]) -> str:
    said = []
    if role["lag"] is not None:
        late = f", oldest {span(role['seconds'])}" if role["lag"] else ""
        said.append(f"{role['lag']:,} events behind{late}")
    if role["role"] in rows_written:
        rows = rows_written[role["role"]]
        number = "an unknown number of" if rows is None else f"{rows:,}"
        said.append(f"has written {number} rows")
    return f"{role['role']:<12} {role['state']:<9} {'; '.join(said)}".rstrip()


def _worker_line(worker: dict[str, Any]) -> str:
    def since(why: str) -> str:
        seconds = worker["for_seconds"].get(why)
        return why if seconds is None else f"{why} (for {span(seconds)})"

    waits = "; ".join(since(why) for why in worker["waits_for"])
    parts = ["ready" if worker["ready"] else f"waits for {waits}"]
    parts += [since(why) for why in worker["held"]]
    parts += [
        f"elfaust failed on {count} records ({code}), see its log"
        for code, count in worker["unforeseen"].items()
    ]
    parts += [
        f"{count} keys of {table} are in no column of MySQL, see `elfaust schema lint`"
        for table, count in worker["unnamed"].items()
    ]
    if worker["started_again"]:
        parts.append(f"started again within the hour: {worker['started_again']}")
    parts += [f"{count} datagrams are lost ({by})" for by, count in worker["lost"].items()]
    return "; ".join(" ".join(part.split()) for part in parts)


def _topic_lines(topics: Sequence[dict[str, Any]], everything: bool) -> list[str]:
    def waits(topic: dict[str, Any]) -> bool:
        return any(topic["lag"].values())

    lines = []
    for topic in topics:
        if everything or waits(topic):
            lags = "  ".join(f"{role} {lag}" for role, lag in topic["lag"].items())
            lines.append(f"{topic['topic']:<60} {topic['records']:>10} records  lag: {lags}")
    if idle := 0 if everything else sum(not waits(topic) for topic in topics):
        records = sum(topic["records"] for topic in topics if not waits(topic))
        lines.append(f"{idle} topics with {records:,} records are read to their end")
    return lines
