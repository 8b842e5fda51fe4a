"""A statement that is not run: it is no question, or more than a question."""

from __future__ import annotations

from elfaust.errors import ElfaustError

HINT = "a query is one SELECT that reads tables, and nothing else"


class Refused(ElfaustError):
    """A statement that would do more than read tables, or cannot be read; it was not run."""

    exit_code = 2

    def __init__(self, detail: str) -> None:
        super().__init__(f"refused: {detail}; {HINT}")
        self.detail = detail


class Failed(ElfaustError):
    """A query that its engine could not run to its end."""
