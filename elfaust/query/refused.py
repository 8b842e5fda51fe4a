"""A statement that is not run: it is no question, or more than a question."""

from __future__ import annotations

from elfaust.errors import ElfaustError

#: Of a statement, at most.
MAX_CHARS = 100_000
HINT = "a query is one SELECT that reads tables, and nothing else"


class Refused(ElfaustError):
    """A statement that would do more than read tables, or cannot be read; it was not run."""

    exit_code = 2

    def __init__(self, detail: str) -> None:
        super().__init__(f"refused: {detail}; {HINT}")
        self.detail = detail


class Failed(ElfaustError):
    """A query that its engine could not run to its end."""


def check_text(sql: str) -> None:
    """Raise Refused for a statement that is too long, or no text that engines can be sent."""
    if len(sql) > MAX_CHARS:
        raise Refused(f"it is longer than {MAX_CHARS:,} characters")
    if "\0" in sql:
        raise Refused("it has a NUL")
    try:
        # Bytes of the command line that are no UTF-8 come as halves of surrogates.
        sql.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"character {error.start + 1} of it is not UTF-8") from error
