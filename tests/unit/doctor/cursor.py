"""A cursor that answers statements by what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = list[tuple[Any, ...]]


class FakeCursor:
    """Answers each statement with the rows of the first text that stands in it.

    An exception in their place is raised. `asked` holds all statements.
    """

    def __init__(self, answers: Mapping[str, Rows | Exception]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._rows: Rows = []

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        self.asked.append(statement)
        found = next(rows for text, rows in self.answers.items() if text in statement)
        if isinstance(found, Exception):
            raise found
        self._rows = found

    def fetchall(self) -> Rows:
        return self._rows
