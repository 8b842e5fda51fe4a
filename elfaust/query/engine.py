"""What answers a question in SQL: Hive, or DuckDB; and what an answer is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

#: How names of the engines are written in `--engine`.
ENGINES = ("hive", "duckdb")


class Answer(NamedTuple):
    """Names of columns, each once, and rows of plain values, which come as they are read.

    A plain value is what JSON has (values.py). Reading raises what `Engine.ask` raises.
    """

    columns: list[str]
    rows: Iterator[list[Any]]


class Engine(Protocol):
    """One question at a time. `ask` blocks; `cancel` and `progress` may be called meanwhile."""

    #: As messages call it.
    title: str

    def ask(self, sql: str) -> Answer:
        """Return the answer to one SELECT.

        Raises Refused for what is more than a question, before it is run, Failed for what the
        engine cannot do, ServerAway where a server does not answer.
        """

    def progress(self) -> str:
        """Return in a few words how far the question is, "" where nobody knows."""

    def cancel(self) -> None:
        """Have the question end soon: `ask` raises Failed."""

    def close(self) -> None:
        """End the session."""


def unique(names: list[str]) -> list[str]:
    """Return names of columns, each once: the second `a` is `a_2`."""
    found: list[str] = []
    for name in names:
        number, made = 1, name
        while made in found:
            number += 1
            made = f"{name}_{number}"
        found.append(made)
    return found
