"""Lines by position to records of the raw topic, at the rate that the settings allow."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Sequence
from typing import Protocol

from elfaust.errors import TooLong
from elfaust.quiet import OnceAMinute
from elfaust.records import Outgoing, Source
from elfaust.settings import Settings
from elfaust.sources.base import LineSource
from elfaust.sources.lines import Located

log = logging.getLogger(__name__)
log.addFilter(OnceAMinute(of_a_kind=True))

#: Bytes of neighbouring lines that go to one lane.
LANE_BYTES = 65_536
#: Longest parts of a source's name, which every record carries.
HOST_CHARS, NAME_CHARS = 64, 120


class Publisher(Protocol):
    """What a forwarder needs of elfaust.delivery.publisher.Publisher."""

    async def publish(self, records: Sequence[Outgoing]) -> dict[tuple[str, int], int]: ...


class Sender:
    """Sends the lines of one source. A line's lane follows from its position."""

    def __init__(self, publisher: Publisher, settings: Settings, source: LineSource) -> None:
        self._publisher = publisher
        self._settings = settings
        self._source = source
        host = cleaned(socket.gethostname(), HOST_CHARS)
        #: The name of the source, without its identity.
        self.prefix = f"{host}/{cleaned(source.name, NAME_CHARS)}"
        #: By lane, the offset after the last record that is known.
        self.offsets: dict[int, int] = {}

    def source_name(self, identity: str) -> str:
        """Return the name by which records say that they come from this source."""
        return f"{self.prefix}-{identity}"

    async def send(self, lines: Sequence[Located], identity: str, lanes: int) -> int | None:
        """Send lines; return None, or the position to go on from where the source was stopped.

        Raises ServerAway when Kafka does not acknowledge them.
        """
        rate = self._settings.forwarder.rate
        step = max(1, int(rate / 20)) if rate else max(1, len(lines))
        for start in range(0, len(lines), step):
            if self._source.stopped:
                return lines[start].position
            part, begun = lines[start : start + step], time.monotonic()
            offsets = await self._publish([self._outgoing(n, identity, lanes) for n in part])
            self.offsets |= {lane: last + 1 for (_, lane), last in offsets.items()}
            if rate:
                await asyncio.sleep(max(0.0, len(part) / rate - (time.monotonic() - begun)))
        return None

    async def _publish(self, records: list[Outgoing]) -> dict[tuple[str, int], int]:
        try:
            return await self._publisher.publish(records)
        except TooLong as error:
            fits = {long: max(0, most) for long, most in error.records.items()}
        for long, most in fits.items():
            log.warning("A line of %d bytes is cut to the %d of its topic", len(long.value), most)
        return await self._publisher.publish(
            [r._replace(value=r.value[: fits[r]]) if r in fits else r for r in records]
        )

    def _outgoing(self, located: Located, identity: str, lanes: int) -> Outgoing:
        position, line = located
        topic, now = self._settings.forwarder.topic, int(time.time() * 1000)
        lane = position // LANE_BYTES % lanes
        return Outgoing(topic, lane, line, now, Source(self.source_name(identity), position))


def cleaned(name: str, most: int) -> str:
    """Return a name in printable ASCII without colons, cut to its last `most` characters."""
    return re.sub(r"[^!-9;-~ ]", "_", name)[-most:]
