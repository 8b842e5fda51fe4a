"""The table of exit codes in docs/reference.md, by which tests judge commands."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests import REPOSITORY

ROW = re.compile(r"(?m)^\| `([a-z ]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")


class Row(NamedTuple):
    """A command, and the servers without which it exits 3."""

    command: str
    away: frozenset[str]


def exit_codes() -> list[Row]:
    """Return the rows of the table."""
    text = (REPOSITORY / "docs" / "reference.md").read_text()
    _, _, section = text.partition("### Exit codes\n")
    table, _, _ = section.partition("\n## ")
    return [
        Row(command, frozenset() if away == "-" else frozenset(away.split(", ")))
        for command, _, _, away in ROW.findall(table)
    ]
