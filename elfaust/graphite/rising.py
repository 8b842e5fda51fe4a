"""A number that only rises, as readings tell it that may be too low for a moment."""

from __future__ import annotations


class Rising:
    """What was counted of something that may begin at 0 again, as a topic does that is made anew.

    What falls and is back by the next rise was read wrong; what falls and rises from there, still
    below where it was, has begun again.
    """

    def __init__(self, first: int = 0) -> None:
        #: All that was counted, since before the first reading.
        self.total = first
        self._last = first
        self._low: int | None = None

    def read(self, number: int) -> None:
        """Take in a reading."""
        if number < self._last and (self._low is None or number <= self._low):
            self._low = number
            return
        since = self._last if number >= self._last or self._low is None else self._low
        self.total += number - since
        self._last, self._low = number, None
