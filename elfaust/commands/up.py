"""elfaust up: one worker of each role, restarted when it dies."""

from __future__ import annotations

import re
import signal
import threading
from contextlib import suppress

import click

from elfaust.commands.completion import WORKERS
from elfaust.commands.waits import telling_waits
from elfaust.logs.files import LogFile
from elfaust.roles import ROLES, running
from elfaust.settings import Settings
from elfaust.workers.state import web_port
from elfaust.workers.supervisor import ON_TO_WORKERS, Supervisor


@click.command()
@click.option(
    "--workers",
    "counts",
    metavar="ROLE=N",
    type=WORKERS,
    multiple=True,
    help="Number of workers of a role; by default one. May be given several times.",
)
@click.pass_obj
def command(settings: Settings, counts: tuple[str, ...]) -> None:
    """Run one worker of each role until stopped, and restart what dies."""
    supervisor = Supervisor(settings, parse_counts(counts, settings))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    pass_on(supervisor)
    try:
        supervisor.start()
        port = web_port(settings, "throughput")
        click.echo(f"Throughput: http://{settings.web.at(port)}/throughput/", err=True)
        with telling_waits(settings):
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


def pass_on(supervisor: Supervisor) -> None:
    """Have workers get the signals that change their logs, and this process go on at each.

    At SIGHUP it opens its own output anew as well.
    """
    output = LogFile()

    def pass_on(number: int, _: object) -> None:
        if number == signal.SIGHUP:
            with suppress(OSError):
                output.reopen()
        supervisor.signal(signal.Signals(number))

    for number in ON_TO_WORKERS:
        signal.signal(number, pass_on)


def parse_counts(given: tuple[str, ...], settings: Settings) -> dict[str, int]:
    """Return how many workers each role gets, at most one a lane, and one of some.

    A role that is not given has one if it runs by the settings, and otherwise none.

    Raises click.BadParameter for a role or a number that is none, and for a number that is more.
    """
    roles = running(settings.processor.stores, asked=settings.asked)
    counts = dict.fromkeys(ROLES, 0) | dict.fromkeys(roles, 1)
    lanes = settings.topics.lanes
    for text in given:
        role, _, number = text.partition("=")
        if role not in ROLES or not re.fullmatch("[0-9]{1,9}", number):
            raise click.BadParameter(
                f"{text!r:.80} is not ROLE=N with a role of {', '.join(ROLES)}"
            )
        if ROLES[role].alone and int(number) > 1:
            raise click.BadParameter(f"{text}: {ROLES[role].alone}")
        if int(number) > lanes:
            raise click.BadParameter(f"{text}: more than topics.lanes, {lanes}, have nothing to do")
        counts[role] = int(number)
    return counts
