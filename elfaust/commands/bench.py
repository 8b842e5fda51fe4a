"""elfaust bench: events a second, end to end, of one stage or of the verdict, beside others."""

from __future__ import annotations

import json
import signal
from typing import Any

import click

from elfaust.commands.bench_stage import Peer, measured_stage
from elfaust.commands.stack import tell
from elfaust.devstack.hive import with_hive
from elfaust.devstack.stack import Stack
from elfaust.roles import READERS, running
from elfaust.settings import Settings
from elfaust.trial.bench import end_to_end, judge_alone, naive
from elfaust.trial.contenders import Contender


@click.command()
@click.option(
    "--events",
    default=100_000,
    show_default=True,
    type=click.IntRange(min=1000),
    help="Lines to send through elfaust.",
)
@click.option(
    "--naive-events",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=100),
    help="Lines to send through a naive Faust processor.",
)
@click.option(
    "--judge", is_flag=True, help="Measure the verdict alone, in one process, without servers."
)
@click.option(
    "--with",
    "extras",
    type=click.Choice(["hive"]),
    multiple=True,
    help="Have Hive's tables kept meanwhile.",
)
@click.option(
    "--stage",
    type=click.Choice(["processor"]),
    help="Measure this role alone, from Kafka to Kafka, in one process: CPU, events, memory.",
)
@click.option(
    "--turns",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Turns of each with --stage; the figures are medians.",
)
@click.option(
    "--invalid",
    "percents",
    metavar="PERCENT",
    multiple=True,
    type=click.IntRange(0, 100),
    help="So many in a hundred lines are invalid with --stage; several are measured in turn.  "
    "[default: 5]",
)
@click.option(
    "--peer",
    "peers",
    metavar="NAME=COMMAND",
    multiple=True,
    type=Peer(),
    help="Have this command take turns too with --stage (docs/performance.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(
    settings: Settings,
    events: int,
    naive_events: int,
    judge: bool,
    extras: tuple[str, ...],
    stage: str | None,
    turns: int,
    percents: tuple[int, ...],
    peers: tuple[Contender, ...],
    as_json: bool,
) -> None:
    """Measure events a second from raw lines in Kafka to rows and files, on this machine.

    Compare ratios within one run: the machine's own speed varies by a fifth and more.
    """
    # SIGTERM must leave nothing behind either: it ends the command as Ctrl-C does, also where a
    # shell has started it with that ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    if stage:
        if judge or extras:
            raise click.UsageError("--stage goes neither with --judge nor with --with")
        measured_stage(settings, (events, naive_events), peers, percents, turns, as_json)
    elif percents or peers:
        raise click.UsageError("--invalid and --peer go with --stage")
    elif judge:
        measured = judge_alone(settings, events)
        click.echo(json.dumps(measured) if as_json else as_text(measured))
    else:
        if "hive" in extras:
            settings = with_hive(settings)
        _with_servers(settings, Stack(settings, tell, extras), (events, naive_events), as_json)


def as_text(measured: dict[str, Any]) -> str:
    """Return the speed of the verdict alone as text for people."""
    agent, us = measured["user_agent_us"], measured["us"]
    return (
        f"judge {measured['judge']['lines_per_second']:>8} lines/s\n"
        f"plain {measured['plain']['lines_per_second']:>8} lines/s (urllib, json, jsonschema)\n"
        f"ratio {measured['judge_over_plain']:>8}\n"
        f"a valid line {us['valid']} us, a refused one {us['refused']} us (times "
        f"{measured['refused_over_valid']}), one of a flood of the same {us['flood']} us (times "
        f"{measured['flood_over_valid']})\n"
        f"user agent: {agent['first']} us the first time, {agent['cached']} us after that"
    )


def _with_servers(settings: Settings, stack: Stack, lines: tuple[int, int], as_json: bool) -> None:
    """Measure so many lines through elfaust, and through a naive processor, and print it."""
    events, naive_events = lines
    was_up = all(server.running for server in stack.status())
    stack.up()
    try:
        simple = naive(settings, naive_events)
        servers = {server.name: server.pid for server in stack.status() if server.pid}
        measured = end_to_end(settings, events, servers)
    finally:
        if not was_up:
            stack.down()
    measured["naive_faust"] = {"events_per_second": round(simple)}
    measured["processor_over_naive"] = round(measured["processor"]["events_per_second"] / simple, 1)
    if as_json:
        click.echo(json.dumps(measured))
        return
    roles = running(settings.processor.stores, READERS)
    for name in ("end_to_end", *roles, "naive_faust"):
        click.echo(f"{name:<12} {measured[name]['events_per_second']:>8} events/s")
    for name, used in measured["cpu_us_per_event"].items():
        click.echo(f"{name:<12} {used:>8} us CPU an event")
    if of_hive := measured.get("hive"):
        click.echo(f"all in Hive  {of_hive['complete_after_seconds']:>8} s after the last event")
