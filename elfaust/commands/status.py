"""elfaust status: workers, lag by topic and role, rows written."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click

from elfaust.delivery.lag import LagReader, TopicLag
from elfaust.errors import ServerAway
from elfaust.roles import picked
from elfaust.settings import Settings
from elfaust.workers.state import alive
from elfaust.workers.wellness import said_by


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Show the workers of this machine, the lag of each role, and the rows that it has written.

    The workers are shown even if Kafka does not answer.
    """
    away, lags = None, list[TopicLag]()
    try:
        lags = asyncio.run(_lags(settings))
    except ServerAway as error:
        away = error
    status = describe(settings, lags)
    if as_json:
        click.echo(json.dumps(status))
    else:
        show(status)
    if away:
        raise away


def show(status: dict[str, Any]) -> None:
    """Print a status for people."""
    for worker in status["workers"]:
        state = "ready" if worker["ready"] else f"waits for {'; '.join(worker['waits_for'])}"
        held = "".join(f"; {why}" for why in worker["held"])
        failed = "".join(
            f"; elfaust failed on {count} records ({code}), see its log"
            for code, count in worker["unforeseen"].items()
        )
        unnamed = "".join(
            f"; {count} keys of {table} are in no column of MySQL, see `elfaust schema lint`"
            for table, count in worker["unnamed"].items()
        )
        place = f"{worker['role']:<12} pid {worker['pid']:<8} {worker['web']}"
        click.echo(f"{place} {state}{held}{failed}{unnamed}")
    if not status["workers"]:
        click.echo("No worker runs; `elfaust up` starts one of each role.")
    for topic in status["topics"]:
        lags = "  ".join(f"{role} {lag}" for role, lag in topic["lag"].items())
        click.echo(f"{topic['topic']:<60} {topic['records']:>10} records  lag: {lags}")
    for role, rows in status["rows_written"].items():
        click.echo(f"{role} has written {rows} rows")


async def _lags(settings: Settings) -> list[TopicLag]:
    async with LagReader(settings) as reader:
        return await reader.read()


def describe(settings: Settings, lags: list[TopicLag]) -> dict[str, Any]:
    """Return the status as the JSON shape that `--json` prints.

    `rows_written` counts the records that each sink has acknowledged, which is after their commit.
    """
    topics: dict[str, dict[str, Any]] = {}
    for lag in lags:
        topic = topics.setdefault(
            lag.topic, {"topic": lag.topic, "records": lag.records, "lag": {}}
        )
        topic["lag"][lag.role] = lag.lag
    return {
        "workers": [
            {"role": worker.role, "pid": worker.pid, "web": worker.web, **said_by(worker.web)}
            for worker in alive(settings)
        ],
        "topics": [topics[name] for name in sorted(topics)],
        "rows_written": {
            role: sum(lag.acknowledged for lag in lags if lag.role == role)
            for role in picked(settings.processor.stores)
        },
    }
