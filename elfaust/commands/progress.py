"""How far each role is, as `elfaust run` shows it: a live table in a terminal, else plain lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import NamedTuple, Self

import click
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from elfaust.delivery.lag import TopicLag

#: Seconds between two looks that are printed as lines, and over which the rate is taken.
SECONDS = 5.0
BAR_WIDTH = 30


class Standing(NamedTuple):
    """How far a role is, in records of all its topics."""

    role: str
    done: int
    behind: int
    per_second: int

    @property
    def line(self) -> str:
        """The standing as one line."""
        return (
            f"{self.role:<10} {self.done:>10,} done  {self.behind:>10,} behind"
            f"  {self.per_second:>8,} a second"
        )


class Progress:
    """Shows the lags that it is given; a context, at whose end the last of them stays to be seen.

    `console` is where the table goes, and decides by what it is that there is none.
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._console = console or Console()
        self._clock = clock
        self._live = Live(console=self._console, auto_refresh=False)
        #: When, and what each role had done by then.
        self._seen: deque[tuple[float, dict[str, int]]] = deque()
        self._reported = -SECONDS

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def look(self, lags: list[TopicLag]) -> None:
        """Show where the roles are; as lines where SECONDS have passed since the last."""
        now = self._clock()
        found = self._standings(lags, now)
        if self._console.is_terminal:
            self._live.update(as_table(found), refresh=True)
        elif now - self._reported >= SECONDS:
            self._reported = now
            for standing in found:
                click.echo(standing.line, err=True)

    def _standings(self, lags: list[TopicLag], now: float) -> list[Standing]:
        done = dict.fromkeys((lag.role for lag in lags), 0)
        behind = dict(done)
        for lag in lags:
            done[lag.role] += lag.acknowledged
            behind[lag.role] += lag.lag
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        seconds = now - since or 1.0
        return [
            # A role that was not there had done nothing.
            Standing(role, did, behind[role], round((did - before.get(role, 0)) / seconds))
            for role, did in done.items()
        ]


def as_table(standings: list[Standing]) -> Table:
    """Return what is shown in a terminal: a row a role, with a bar of what it has done."""
    table = Table(box=None, pad_edge=False)
    table.add_column("role")
    for heading in ("done", "behind", "per second"):
        table.add_column(heading, justify="right", min_width=10)
    table.add_column("", width=BAR_WIDTH)
    for role, done, behind, per_second in standings:
        bar = ProgressBar(total=max(1, done + behind), completed=done, width=BAR_WIDTH)
        table.add_row(role, f"{done:,}", f"{behind:,}", f"{per_second:,}", bar)
    return table
