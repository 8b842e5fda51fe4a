"""elfaust send: JSON events or raw lines of a file or stdin, to Kafka, UDP or a beacon."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import BinaryIO

import click
from yarl import URL

from elfaust.errors import ServerAway, TooLong
from elfaust.events.items import decoded, items_of
from elfaust.names import readable_name
from elfaust.settings import Settings
from elfaust.settings.flow import RAW_KINDS
from elfaust.trial.targets import (
    TARGETS,
    UNANSWERED,
    CannotHold,
    Line,
    Target,
    Writers,
    is_taken,
    own_host,
    reached,
)

#: Reports of what cannot be sent, at most.
MAX_TOLD = 20


def to_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where lines go."""
    url = click.option(
        "--url",
        help="Where --to beacon sends, as http://host:port/beacon/event; by default to the intake "
        "of the settings.",
    )
    to = click.option(
        "--to", type=click.Choice(TARGETS), default="kafka", show_default=True, help="Send there."
    )
    return to(url(command))


def checked_url(settings: Settings, to: str, url: str | None) -> str:
    """Return the URL of --to beacon, "" of others; raises click's error for one that is none."""
    if to != "beacon" and url:
        raise click.UsageError("only --to beacon has a --url")
    if to == "beacon" and not url:
        return settings.intake.beacon
    if url and (not _is_address(url) or "?" in url):
        message = f"{url!r:.80} is no address such as http://127.0.0.1:8080/beacon/event"
        raise click.BadParameter(message, param_hint="--url")
    return url or ""


def _is_address(url: str) -> bool:
    try:
        found = URL(url)
        return found.scheme in ("http", "https") and bool(found.host) and bool(found.port)
    except ValueError:
        return False


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@to_options
@click.option(
    "--as",
    "kind",
    type=click.Choice(RAW_KINDS),
    help="Write JSON events as lines of this kind; by default as client-side ones, or as those of "
    "forwarder.topic.",
)
@click.pass_obj
def command(settings: Settings, file: BinaryIO, to: str, url: str | None, kind: str | None) -> None:
    """Send the JSON events or raw lines of FILE or stdin, each once.

    An event may go over several lines, or be an item of an array; a line that begins otherwise is a
    raw line. They are not judged: `elfaust validate` does that. Exits 1 if something could not be
    sent, or was not acknowledged.
    """
    url = checked_url(settings, to, url)
    writers = Writers(settings, to, kind, own_host(secrets.token_hex(4)))
    lines: list[Line] = []
    refused = 0
    for item in items_of(decoded(file.read())):
        try:
            lines.append(writers.line(item))
        except CannotHold as error:
            refused += 1
            if refused <= MAX_TOLD:
                told = readable_name(f"{error}")
                click.echo(f"line {item.line}: not sent: {told}", err=True)
    outcomes = asyncio.run(sent(settings, to, url, lines)) if lines else Counter[str]()
    taken = sum(number for outcome, number in outcomes.items() if is_taken(outcome))
    parts = [f"{number:,} {_words(outcome)}" for outcome, number in outcomes.most_common()]
    parts += [f"{refused:,} not sent"] if refused else []
    click.echo(f"{to}: {', '.join(parts) or 'there was nothing to send'}")
    if refused or taken < len(lines):
        raise SystemExit(1)


async def sent(settings: Settings, to: str, url: str, lines: list[Line]) -> Counter[str]:
    """Send lines; return how many became what.

    Raises ServerAway or Unacknowledged where Kafka is away, and ServerAway where no beacon has been
    answered.
    """
    outcomes = Counter[str]()
    left = iter(lines)

    async def some(target: Target) -> None:
        while batch := list(islice(left, target.together)):
            outcomes[await target.send(batch)] += len(batch)

    try:
        async with reached(settings, to, url) as target:
            await asyncio.gather(*(some(target) for _ in range(target.at_once)))
    except TooLong as error:
        raise click.ClickException(f"{outcomes.total():,} sent, then: {error}") from error
    if set(outcomes) == {UNANSWERED}:
        raise ServerAway(url, "no beacon was answered")
    return outcomes


def _words(outcome: str) -> str:
    return f"answered {outcome}" if outcome.isdigit() else outcome
