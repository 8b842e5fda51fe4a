"""elfaust up: one worker of each role, restarted when it dies."""

from __future__ import annotations

import re
import signal
import threading

import click

from elfaust.roles import ROLES, running
from elfaust.settings import Settings
from elfaust.workers.state import web_port
from elfaust.workers.supervisor import Supervisor


@click.command()
@click.option(
    "--workers",
    "counts",
    metavar="ROLE=N",
    multiple=True,
    help="Number of workers of a role; by default one. May be given several times.",
)
@click.pass_obj
def command(settings: Settings, counts: tuple[str, ...]) -> None:
    """Run one worker of each role until stopped, and restart what dies.

    Examples: `elfaust up`, `elfaust up --workers mysql=2 --workers forwarder=0`.
    """
    supervisor = Supervisor(settings, parse_counts(counts, settings))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        supervisor.start()
        port = web_port(settings, "throughput")
        click.echo(f"Throughput: http://{settings.web.host}:{port}/throughput/", err=True)
        while not stop.wait(0.2):
            for line in supervisor.tick():
                click.echo(line, err=True)
    finally:
        # Workers must not run on when nobody watches them.
        codes = supervisor.stop()
    for name, code in codes.items():
        if code:
            click.echo(f"{name} failed with exit code {code}", err=True)
    raise SystemExit(1 if any(codes.values()) else 0)


def parse_counts(given: tuple[str, ...], settings: Settings) -> dict[str, int]:
    """Return how many workers each role gets, at most one a lane, and one of the forwarder.

    A role that is not given has one, a sink that `processor.stores` does not name has none.

    Raises click.BadParameter for a role or a number that is none, and for a number that is more.
    """
    counts = dict.fromkeys(ROLES, 0) | dict.fromkeys(running(settings.processor.stores), 1)
    lanes = settings.topics.lanes
    for text in given:
        role, _, number = text.partition("=")
        if role not in ROLES or not re.fullmatch("[0-9]{1,9}", number):
            raise click.BadParameter(
                f"{text!r:.80} is not ROLE=N with a role of {', '.join(ROLES)}"
            )
        if role == "forwarder" and int(number) > 1:
            raise click.BadParameter(f"{text}: forwarder.source is read by one forwarder")
        if int(number) > lanes:
            raise click.BadParameter(f"{text}: more than topics.lanes, {lanes}, have nothing to do")
        counts[role] = int(number)
    return counts
