"""What every sink gives back."""

from __future__ import annotations

from typing import NamedTuple

from elfaust.errors import EventFault
from elfaust.records import Record


class Rejected(NamedTuple):
    """A record that a sink cannot store, and why."""

    record: Record
    fault: EventFault
