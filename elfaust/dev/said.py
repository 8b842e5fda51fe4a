"""What there is to say beside events: of a schema's file, or of a request."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """One line for people."""

    text: str
    is_trouble: bool = False
