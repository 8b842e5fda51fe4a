"""elfaust bench --stage processor: one role's job alone, beside others who do it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from elfaust.commands.stack import tell
from elfaust.devstack.stack import Stack, refuse_elsewhere
from elfaust.errors import StackError
from elfaust.settings import Settings
from elfaust.trial.contenders import Contender, elfaust, naive_faust, peer
from elfaust.trial.stage import measure
from elfaust.trial.stage_report import as_table, check, machine, report

#: How many in a hundred of the recorded lines are invalid.
RECORDED_PERCENT = 5


class Peer(click.ParamType):
    """NAME=COMMAND: another who does the job."""

    name = "peer"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Contender:
        """Return the contender."""
        if isinstance(value, Contender):
            return value
        try:
            found = peer(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not shutil.which(found.command[0]):
            self.fail(f"{found.name}: there is no command {found.command[0]!r}", param, ctx)
        return found


def measured_stage(
    settings: Settings,
    lines: tuple[int, int],
    peers: Sequence[Contender],
    percents: Sequence[int],
    turns: int,
    as_json: bool,
) -> None:
    """Measure the processor alone and print it; `lines` are elfaust's, and those of naive Faust.

    Raises ServerAway where Kafka is, OtherVerdicts after what is printed where somebody did
    another job.
    """
    events, naive_events = lines
    contenders = [(elfaust(), events), (naive_faust(), naive_events)]
    contenders += [(other, events) for other in peers]
    _check_names([contender.name for contender, _ in contenders])
    percents = list(dict.fromkeys(percents)) or [RECORDED_PERCENT]
    before = machine()
    with _kafka(settings):
        entries, left_out = asyncio.run(measure(settings, contenders, percents, turns, tell))
    found = report(entries, percents, left_out, before)
    click.echo(json.dumps(found) if as_json else as_table(found))
    check(entries)


def _check_names(names: Sequence[str]) -> None:
    """Raise UsageError for names by which nobody knows whose figures are whose."""
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"--peer {name}: several would have this name")


@contextmanager
def _kafka(settings: Settings) -> Iterator[None]:
    """Have Kafka run: the one of this machine is started and stopped, one elsewhere is there."""
    try:
        refuse_elsewhere(settings)
    except StackError:
        yield
        return
    stack = Stack(settings, tell)
    stack.servers = [stack.server("kafka")]
    was_up = all(server.running for server in stack.status())
    stack.up()
    try:
        yield
    finally:
        if not was_up:
            stack.down()
