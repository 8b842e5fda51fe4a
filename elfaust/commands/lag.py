"""elfaust lag: how far each role is behind, in events and seconds; waits until it is not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import click

from elfaust.commands.completion import TOPIC
from elfaust.commands.options import Duration, json_option, span, watched
from elfaust.delivery.broker_errors import translating_errors
from elfaust.delivery.lag import LagReader, LaneLag, TopicLag
from elfaust.delivery.patience import ANSWER_SECONDS, Patience
from elfaust.errors import ElfaustError, ServerAway
from elfaust.roles import ORDER, READERS, ROLES, running
from elfaust.settings import Settings
from elfaust.times import iso8601

#: Seconds between two looks at what is waited for, and between two lines about it.
LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0
#: An offset is named by topic, lane and role.
Ends = dict[tuple[str, int, str], int]


class StillBehind(ElfaustError):
    """What `--until-zero` waited for had not been read in time."""


@click.command()
@click.option("--role", "roles", type=click.Choice(READERS), multiple=True, help="Only this role.")
@click.option("--topic", "topics", type=TOPIC, multiple=True, help="Only this topic.")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@click.option(
    "--until-zero",
    is_flag=True,
    help="Wait until all that is in the topics now was read, and what became of it.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default="5m",
    show_default=True,
    help="Wait no longer than this with --until-zero.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings,
    roles: tuple[str, ...],
    topics: tuple[str, ...],
    watch: bool,
    until_zero: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Show how far each role is behind, in events and in seconds, by topic.

    With --until-zero it waits for the processor to pass the ends that the topics have now, and then
    for the sinks and the counts to pass those that they have by then; it exits 1 if that takes
    longer than --timeout. What comes meanwhile is not waited for.
    """
    if watch and until_zero:
        raise click.UsageError("--watch and --until-zero exclude each other")

    run = running(settings.processor.stores, READERS)
    for role in set(roles) - set(run):
        raise click.BadParameter(f"{role} is not in processor.stores", param_hint="--role")

    def look() -> str:
        lags = chosen(asyncio.run(read_lags(settings)), roles, topics)
        are_read(topics, lags)
        return json.dumps(as_object(lags)) if as_json else as_text(lags)

    if watch:
        watched(look)
        return
    if until_zero:
        asyncio.run(_until_passed(settings, roles, topics, timeout))
    click.echo(look())


def chosen(
    lags: Iterable[TopicLag], roles: Sequence[str] = (), topics: Sequence[str] = ()
) -> list[TopicLag]:
    """Return the lags of some roles and topics, of all where none is named."""
    return [
        lag
        for lag in lags
        if (not roles or lag.role in roles) and (not topics or lag.topic in topics)
    ]


def are_read(topics: Iterable[str], lags: Iterable[TopicLag | LaneLag]) -> None:
    """Raise click.BadParameter for a topic that is not there: of it nothing is known, and not 0."""
    there = {lag.topic for lag in lags}
    for topic in topics:
        if topic not in there:
            text = f"Kafka has no topic {topic!r:.80} that is read, or not by this role"
            raise click.BadParameter(text, param_hint="--topic")


def as_object(lags: Sequence[TopicLag]) -> dict[str, Any]:
    """Return lags as the JSON shape that `--json` prints; seconds that nobody knows are null."""
    return {
        "as_of": iso8601(int(time.time())),
        "roles": [
            {
                "role": role,
                "lag": sum(lag.lag for lag in of),
                "seconds": _rounded(oldest(of)),
                "topics": [
                    {"topic": lag.topic, "lag": lag.lag, "seconds": _rounded(lag.seconds)}
                    for lag in of
                ],
            }
            for role, of in by_role(lags).items()
        ],
    }


def as_text(lags: Sequence[TopicLag]) -> str:
    """Return lags for people: each role, and below it the topics in which it is behind."""
    lines = [f"{'role / topic':<60} {'events':>12} {'oldest':>8}"]
    for role, of in by_role(lags).items():
        late = sorted((lag for lag in of if lag.lag), key=lambda lag: -lag.lag)
        lines.append(f"{role:<60} {sum(lag.lag for lag in of):>12,} {span(oldest(of)):>8}")
        lines += [f"  {lag.topic:<58} {lag.lag:>12,} {span(lag.seconds):>8}" for lag in late]
        if idle := len(of) - len(late):
            lines.append(f"  {idle} topics read to their end")
    return "\n".join(lines)


def by_role(lags: Iterable[TopicLag]) -> dict[str, list[TopicLag]]:
    """Return lags by role, on the way of the data."""
    found: dict[str, list[TopicLag]] = {}
    for lag in lags:
        found.setdefault(lag.role, []).append(lag)
    return found


def oldest(lags: Iterable[TopicLag]) -> float | None:
    """Return the age of the oldest unread record, None where one of the ages is unknown."""
    seconds = [lag.seconds for lag in lags]
    known = [age for age in seconds if age is not None]
    return max(known, default=0.0) if len(known) == len(seconds) else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


async def read_lags(settings: Settings) -> list[TopicLag]:
    """Return all lags, with ages; raises ServerAway where Kafka is, or answers nothing."""
    patience = Patience(settings.kafka, at_most=ANSWER_SECONDS)
    async with patience.one_step(), LagReader(settings) as reader:
        return await reader.read(ages=True)


async def _until_passed(
    settings: Settings, roles: Sequence[str], topics: Sequence[str], timeout: float
) -> None:
    """Return when what is in the topics now was read, stage after stage of the data's way.

    Raises StillBehind where that takes longer, ServerAway where Kafka is away at the beginning of a
    stage or at the end, click.BadParameter for a topic that is not there.
    """
    deadline = time.monotonic() + timeout

    async def lanes_of(reading: Sequence[str]) -> list[LaneLag]:
        # A Kafka that hangs is not waited for longer than all of this may take.
        found = await _lanes(settings, max(LOOK_SECONDS, deadline - time.monotonic()))
        return [of for of in found if of.role in reading and (not topics or of.topic in topics)]

    if topics:
        are_read(topics, await lanes_of(roles or READERS))
    for reads in filter(None, ORDER):
        stage = [role for role in roles or READERS if ROLES[role].reads == reads]
        if stage:
            look = partial(lanes_of, stage)
            lanes = await look()
            ends = {(of.topic, of.lane, of.role): of.end for of in lanes}
            await _pass(look, ends, deadline, behind(lanes, ends))


async def _pass(
    look: Callable[[], Awaitable[list[LaneLag]]], ends: Ends, deadline: float, left: dict[str, int]
) -> None:
    """Look until nothing is left before some ends; raises as `_until_passed` does."""
    told = time.monotonic()
    away: ServerAway | None = None
    while left or away:
        now = time.monotonic()
        if now >= deadline:
            raise away or StillBehind(f"still behind at the end of --timeout: {_told(left)}")
        if now - told >= TELL_SECONDS:
            told = now
            click.echo(str(away) if away else f"waiting: {_told(left)}", err=True)
        await asyncio.sleep(min(LOOK_SECONDS, deadline - now))
        try:
            left, away = behind(await look(), ends), None
        except ServerAway as error:
            away = error


def behind(lanes: Iterable[LaneLag], ends: Ends) -> dict[str, int]:
    """Return by role how many records before some ends are not acknowledged, where there are."""
    left: dict[str, int] = {}
    for lane in lanes:
        end = ends.get((lane.topic, lane.lane, lane.role), 0)
        if end > lane.read:
            left[lane.role] = left.get(lane.role, 0) + end - lane.read
    return left


def _told(left: dict[str, int]) -> str:
    return ", ".join(f"{role} {number:,} events" for role, number in left.items())


async def _lanes(settings: Settings, at_most: float) -> list[LaneLag]:
    patience = Patience(settings.kafka, at_most=min(at_most, ANSWER_SECONDS))
    with translating_errors(settings.kafka):
        async with patience.one_step(), LagReader(settings) as reader:
            return await reader.lanes()
