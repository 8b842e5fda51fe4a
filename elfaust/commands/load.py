"""elfaust load: events made up from schemas, at a rate, with what became of them and how fast."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from elfaust.commands.options import Duration
from elfaust.commands.schema import find
from elfaust.commands.send import checked_url, to_options
from elfaust.errors import ServerAway
from elfaust.settings import Settings
from elfaust.trial.load import Load
from elfaust.trial.made_events import MadeEvents
from elfaust.trial.targets import (
    ACKNOWLEDGED,
    UNANSWERED,
    UNCONFIRMED,
    Beacon,
    Line,
    Writers,
    own_host,
    reached,
)

#: Seconds between two looks in a terminal, and where they are lines.
LIVE_SECONDS, LINE_SECONDS = 0.5, 5.0


class Mix(click.ParamType):
    """Schemas with their shares, as `Edit:17:3,SaveTiming`: of (name, revision or None, share)."""

    name = "mix"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[tuple[str, int | None, float]]:
        """Return the schemas; without a revision the newest is meant, without a share 1."""
        if isinstance(value, list):
            return value
        found = []
        for text in filter(None, str(value).split(",")):
            name, revision, share = (*text.strip().split(":"), "", "")[:3]
            try:
                if text.count(":") > 2 or not 0 < float(share or 1) < 1e9:
                    raise ValueError(text)
                found.append((name, int(revision) if revision else None, float(share or 1)))
            except ValueError:
                self.fail(f"{text!r:.80} is no part of a mix such as Edit:17:3", param, ctx)
        if not found:
            self.fail("it names no schema", param, ctx)
        return found


class Share(click.FloatRange):
    """A number of a range; no comparison tells that NaN is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value!r} is no number", param, ctx)
        return found


@click.command()
@click.option(
    "--mix",
    type=Mix(),
    required=True,
    metavar="SCHEMA:REVISION:SHARE,...",
    help="Send events of these schemas; without a revision of the newest one, without a share 1.",
)
@click.option(
    "--rate",
    type=Share(min=0, min_open=True, max=1e6),
    default=100.0,
    show_default=True,
    help="Events a second.",
)
@click.option("--duration", type=Duration(), default="30s", show_default=True, help="For so long.")
@click.option("--invalid", type=Share(0, 1), default=0.0, help="Part of them that is not valid.")
@click.option("--seed", default=1, show_default=True, help="Other events with another number.")
@to_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.pass_obj
def command(
    settings: Settings,
    mix: Sequence[tuple[str, int | None, float]],
    rate: float,
    duration: float,
    invalid: float,
    seed: int,
    to: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Send events made up from schemas at a rate, and show what became of them.

    Latency counts from when an event was due, also while the target was too slow to be sent it.
    Exits 1 if events could not be sent in time, or were not acknowledged.
    """
    url = checked_url(settings, to, url)
    schemas = [(find(settings, name, revision), share) for name, revision, share in mix]
    made = MadeEvents(settings, schemas, invalid, seed)
    sent = _Sent(made, Writers(settings, to, None, own_host(secrets.token_hex(4))))
    load = Load(iter(sent), rate, duration)
    asyncio.run(_run(load, settings, to, url, as_json))
    found = {"target": to, **load.as_object(), "invalid": sent.invalid}
    click.echo(json.dumps(found) if as_json else as_text(load))
    if set(load.outcomes) == {UNANSWERED}:
        raise ServerAway(url, "no beacon was answered")
    if load.taken < load.total:
        raise SystemExit(1)


class _Sent:
    """Lines of made events; counts those that are not valid."""

    def __init__(self, made: MadeEvents, writers: Writers) -> None:
        self._made, self._writers = made, writers
        self.invalid = 0

    def __iter__(self) -> Iterator[Line]:
        for event in self._made:
            self.invalid += not event.valid
            yield self._writers.of(event.text, event.capsule)


async def _run(load: Load, settings: Settings, to: str, url: str, quiet: bool) -> None:
    async with reached(settings, to, url) as target:
        if isinstance(target, Beacon):
            load.judged = target.judged
        showing = None if quiet else asyncio.create_task(_show(load))
        try:
            await load.run(target)
        finally:
            if showing:
                showing.cancel()
                with suppress(asyncio.CancelledError):
                    await showing


async def _show(load: Load) -> None:
    """Show how it goes until cancelled: a live table in a terminal, else lines on stderr."""
    console = Console(stderr=True)
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_SECONDS)
            click.echo(as_text(load), err=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(as_table(load), refresh=True)
            await asyncio.sleep(LIVE_SECONDS)


def _cells(load: Load) -> dict[str, str]:
    found = load.as_object()
    latency = {
        name: "-" if of is None else f"{of:,.1f} ms" for name, of in found["latency_ms"].items()
    }
    return {
        "sent": f"{found['sent']:,}",
        "acknowledged": "-" if (taken := found["acknowledged"]) is None else f"{taken:,}",
        "a second": f"{found['per_second']:,}",
        **latency,
        **{
            name: f"{number:,}"
            for name, number in found["outcomes"].items()
            if name not in (ACKNOWLEDGED, UNCONFIRMED)
        },
        **{
            f"judged {name.replace('_', ' ')}": f"{number:,}"
            for name, number in found.get("judged", {}).items()
        },
    }


def as_table(load: Load) -> Table:
    """Return how it goes as a terminal shows it."""
    cells = _cells(load)
    table = Table(box=None, pad_edge=False)
    for name in cells:
        table.add_column(name, justify="right", min_width=10)
    table.add_row(*cells.values())
    return table


def as_text(load: Load) -> str:
    """Return how it goes as a line."""
    missing = load.total - load.outcomes.total()
    text = "  ".join(f"{name} {of}" for name, of in _cells(load).items())
    return f"{text}  of {load.total:,}" if missing else text
