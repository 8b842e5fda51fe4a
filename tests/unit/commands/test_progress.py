"""How far each role is: rows and bars in a terminal, lines every few seconds elsewhere."""

from __future__ import annotations

import io
import re

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from elfaust.commands.progress import SECONDS, Progress, Standing, as_table
from elfaust.delivery.lag import TopicLag


def lag(role: str, topic: str, done: int, behind: int) -> TopicLag:
    return TopicLag(topic, role, done + behind, done)


FIRST = [lag("processor", "client", 900, 100), lag("processor", "server", 100, 0)]
SECOND = [
    lag("processor", "client", 2_000, 0),
    lag("processor", "server", 4_000, 0),
    lag("mysql", "Edit_1", 1_500, 4_500),
]


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(console: Console, clock: Clock, pause: float) -> str:
    """Return what goes to stderr of two looks with a pause (s) between them."""

    @click.command()
    def look() -> None:
        with Progress(console, clock) as progress:
            progress.look(FIRST)
            clock.now += pause
            progress.look(SECOND)

    result = CliRunner().invoke(look, catch_exceptions=False)
    return result.stderr


def test_where_there_is_no_terminal_each_role_has_a_line() -> None:
    lines = shown(Console(file=io.StringIO()), Clock(), SECONDS).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "processor 1,000 done 100 behind 0 a second",
        "processor 6,000 done 0 behind 1,000 a second",
        "mysql 1,500 done 4,500 behind 300 a second",
    ]


def test_lines_come_every_few_seconds_alone() -> None:
    assert len(shown(Console(file=io.StringIO()), Clock(), SECONDS - 1).splitlines()) == 1


@pytest.mark.parametrize("pause", [0.5, 1.0])
def test_a_terminal_shows_the_last_look_as_rows_with_bars(pause: float) -> None:
    file = io.StringIO()
    terminal = Console(file=file, force_terminal=True, width=100, no_color=True)
    assert shown(terminal, Clock(), pause) == ""
    rows = file.getvalue().replace("\x1b", "\n\x1b").splitlines()
    *_, mysql = [row for row in rows if row.lstrip().startswith("mysql")]
    assert mysql.split()[:4] == ["mysql", "1,500", "4,500", f"{round(1_500 / pause):,}"]
    bars = {row.split()[0]: row.count("━") + row.count("╸") for row in rows if "━" in row}
    assert bars["processor"] > 2 * bars["mysql"]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    progress = Progress(Console(file=io.StringIO()), clock)
    for second, done in enumerate([0, 0, 0, 0, 0, 0, 0, 0, 500, 1_000]):
        clock.now = 100.0 + second
        [standing] = progress._standings([lag("hdfs", "Edit_1", done, 0)], clock.now)
    assert standing.per_second == 1_000 / SECONDS


@pytest.mark.parametrize(("no_color", "colored"), [("1", False), ("", True)])
def test_no_color_has_its_way(
    monkeypatch: pytest.MonkeyPatch, no_color: str, colored: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=100)
    console.print(as_table([Standing("mysql", 5, 5, 1)]))
    assert bool(re.search(r"\x1b\[[0-9;]*[349][0-7]", out.getvalue())) is colored
