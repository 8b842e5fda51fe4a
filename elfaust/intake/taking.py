"""What takes the lines of requests, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from elfaust.records import Outgoing

#: Seconds without a word of Kafka, or of the disk, after which it counts as away.
AWAY_SECONDS = 1.5


class Outcome(Enum):
    """What has become of a line."""

    #: Kafka, or the disk, has acknowledged it.
    SUCCESS = "success"
    #: It waits, and nothing is promised.
    HASTY = "hasty"
    #: Its topic takes no line of this length.
    TOO_LONG = "invalid"
    #: It was not taken, or nobody knows.
    AWAY = "error"


class Publisher(Protocol):
    """What is needed of elfaust.delivery.publisher.Publisher."""

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]: ...


class Taker(Protocol):
    """Takes lines."""

    @property
    def is_away(self) -> bool:
        """Whether it is known to take no lines now."""

    async def take(self, lines: Sequence[bytes], *, acks: bool) -> list[Outcome]:
        """Take lines; return what has become of each, with `acks` when that is certain."""


class Sender(Taker, Protocol):
    """Sends them to Kafka: elfaust.intake.gatherer.Gatherer, or elfaust.intake.spooler.Spooler."""

    @property
    def size(self) -> int:
        """Bytes of lines that Kafka has not acknowledged."""

    async def run(self, publisher: Publisher) -> None:
        """Publish until stopped. It may be called again after it has raised."""

    async def stop(self) -> None:
        """Take no more; return when `run` has published all that was taken."""
