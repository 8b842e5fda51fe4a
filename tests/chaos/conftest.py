"""What the trials of a session came to, as tables at its end and in docs/reliability.md."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.settings import Settings
from tests.chaos.campaign import Mixed
from tests.chaos.trial import Outcome

#: Rows of a table by their first cell.
Rows = dict[str, tuple[str, ...]]
OUTCOMES: list[Outcome] = []
MIXED: list[Mixed] = []
HEADINGS = ("fault", "times", "lines", "lost", "twice", "recovery, s", "seen on")
#: Of campaigns of all faults at random.
MIXED_HEADINGS = (
    *("campaign", "faults", "killed", "lines", "lost", "twice", "counts off", "recovery, s"),
    *("seen on", "faults by kind"),
)
#: The audit reads each file that the sink of HDFS has written: with a second's events in each, as
#: `quick` has it, they are thousands.
FLUSH_SECONDS = 4.0
#: Around each table in the file that ELFAUST_TEST_CHAOS_LOG names.
MARKS = "<!-- {} -->\n", "<!-- end of {} -->"


@pytest.fixture
def note() -> Callable[[Outcome], None]:
    """Keep an outcome for the table; fail if anything is lost, doubled or otherwise wrong."""

    def keep(outcome: Outcome) -> None:
        OUTCOMES.append(outcome)
        assert (outcome.lost, outcome.twice, outcome.other) == (0, 0, [])

    return keep


@pytest.fixture
def note_mixed() -> Callable[[Mixed], None]:
    """Keep what a campaign came to for its table; fail if anything is wrong."""

    def keep(mixed: Mixed) -> None:
        MIXED.append(mixed)
        assert mixed.wrong == []

    return keep


@pytest.fixture
def fewer_files(quick: Settings) -> Settings:
    """Settings by which files of HDFS hold the events of more than a second."""
    return replace(quick, hdfs=replace(quick.hdfs, flush_seconds=FLUSH_SECONDS))


@pytest.fixture
def limited(fewer_files: Settings, admin: Callable[[str], None]) -> Settings:
    """Settings with a MySQL user that may do what production's may, and short time-outs."""
    quick = fewer_files
    mysql = replace(quick.mysql, user="elfaust_limited", password="limited", timeout=5.0)
    user = f"'{mysql.user}'@'{mysql.host}'"
    admin(f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{mysql.password}'")
    admin(f"GRANT SELECT, INSERT, UPDATE, CREATE ON `{mysql.database}`.* TO {user}")
    return replace(
        quick,
        mysql=mysql,
        hdfs=replace(quick.hdfs, timeout=5.0),
        kafka=replace(quick.kafka, request_timeout=10.0, publish_timeout=20.0),
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the tables, and lay them over those in the log."""
    log = os.environ.get("ELFAUST_TEST_CHAOS_LOG")
    for name, headings, rows in (
        ("campaign", HEADINGS, {one.fault: row(one) for one in OUTCOMES}),
        ("random campaigns", MIXED_HEADINGS, {(of := mixed_row(one))[0]: of for one in MIXED}),
    ):
        if not rows:
            continue
        terminalreporter.write_line(table(rows, headings))
        if log:
            file, (begin, end) = Path(log), (mark.format(name) for mark in MARKS)
            head, _, rest = file.read_text().partition(begin)
            old, _, tail = rest.partition(end)
            laid = table(read(old, headings) | rows, headings)
            file.write_text(f"{head}{begin}{laid}{end}{tail}")


def row(outcome: Outcome) -> tuple[str, ...]:
    """Return an outcome's cells."""
    numbers = (outcome.times, outcome.lines, outcome.lost, outcome.twice)
    return (outcome.fault, *map(str, numbers), f"{outcome.recovery:.1f}", today())


def mixed_row(mixed: Mixed) -> tuple[str, ...]:
    """Return the cells of a campaign."""
    of, kinds = mixed.verdict, sorted(mixed.faults.items())
    numbers = (mixed.faults.total(), mixed.kills, of.lines, of.lost, of.twice, of.counts_off)
    told = ", ".join(f"{kind} {number}" for kind, number in kinds)
    if mixed.dropped:
        told += f" ({mixed.dropped} rows gone with them, and no other)"
    campaign = f"{mixed.minutes:g} min, seed {mixed.seed}"
    return (campaign, *map(str, numbers), f"{mixed.recovery:.1f}", today(), told)


def today() -> str:
    """Return the day."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def table(rows: Rows, headings: tuple[str, ...]) -> str:
    """Return rows as a table of Markdown, by their first cell; what is a number is on the right."""
    numbers = {"times", "lines", "lost", "twice", "recovery, s", "faults", "killed", "counts off"}
    lines = [headings, tuple("---:" if of in numbers else "---" for of in headings)]
    lines += [rows[name] for name in sorted(rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read(text: str, headings: tuple[str, ...]) -> Rows:
    """Return the rows of a table that `table` wrote."""
    lines = [tuple(line.strip("| \n").split(" | ")) for line in text.splitlines()[2:]]
    return {cells[0]: cells for cells in lines if len(cells) == len(headings)}
