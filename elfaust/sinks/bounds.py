"""How much is too much: of rows, and of bytes."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """How much of what is gathered makes something too much, in rows and in bytes of values."""

    rows: int
    size: int

    def reached(self, rows: int, size: int) -> bool:
        """Tell whether either bound is reached."""
        return rows >= self.rows or size >= self.size
