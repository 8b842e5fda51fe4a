"""What the trials of a session came to, as a table at its end and in docs/reliability.md."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.settings import Settings
from tests.chaos.trial import Outcome

OUTCOMES: list[Outcome] = []
HEADINGS = ("fault", "times", "lines", "lost", "twice", "recovery, s", "seen on")
#: Around the table in the file that ELFAUST_TEST_CHAOS_LOG names.
BEGIN, END = "<!-- campaign -->\n", "<!-- end of campaign -->"


@pytest.fixture
def note() -> Callable[[Outcome], None]:
    """Keep an outcome for the table; fail if anything is lost, doubled or otherwise wrong."""

    def keep(outcome: Outcome) -> None:
        OUTCOMES.append(outcome)
        assert (outcome.lost, outcome.twice, outcome.other) == (0, 0, [])

    return keep


@pytest.fixture
def limited(quick: Settings, admin: Callable[[str], None]) -> Settings:
    """Settings with a MySQL user that may do what production's may, and short time-outs."""
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
    """Print the table, and lay it over the one in the log."""
    if not OUTCOMES:
        return
    rows = {outcome.fault: row(outcome) for outcome in OUTCOMES}
    log = os.environ.get("ELFAUST_TEST_CHAOS_LOG")
    terminalreporter.write_line(table(rows))
    if log:
        file = Path(log)
        head, _, rest = file.read_text().partition(BEGIN)
        old, _, tail = rest.partition(END)
        file.write_text(f"{head}{BEGIN}{table(read(old) | rows)}{END}{tail}")


def row(outcome: Outcome) -> tuple[str, ...]:
    """Return an outcome's cells."""
    numbers = (outcome.times, outcome.lines, outcome.lost, outcome.twice)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return (outcome.fault, *map(str, numbers), f"{outcome.recovery:.1f}", day)


def table(rows: dict[str, tuple[str, ...]]) -> str:
    """Return rows as a table of Markdown, by fault."""
    lines = [HEADINGS, ("---", *("---:" for _ in HEADINGS[2:]), "---")]
    lines += [rows[fault] for fault in sorted(rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read(text: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a table that `table` wrote."""
    lines = [tuple(line.strip("| \n").split(" | ")) for line in text.splitlines()[2:]]
    return {cells[0]: cells for cells in lines if len(cells) == len(HEADINGS)}
