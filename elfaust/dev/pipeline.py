"""What a pipeline does with a line, at once: its verdict, for the view and for the terminal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from elfaust.dev.memory import Memory
from elfaust.errors import EventFault
from elfaust.events.beacons import length_warning
from elfaust.intake.taking import Outcome
from elfaust.intake.verdicts import Verdicts
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.view.seen import Seen

log = logging.getLogger(__name__)

CLIENT, SERVER = "client", "server"
#: Datagrams, or lines of requests, that wait for their verdict; of more datagrams the oldest are
#: dropped, and no more requests taken.
MOST_WAITING = 10_000
#: Seconds for which an answer waits for the verdicts on its events.
ANSWER_SECONDS = 2.0


class Told(NamedTuple):
    """What there is to say of a line."""

    seen: Seen
    #: Every fault, the one that the EventError tells first.
    faults: list[EventFault]
    #: What to know of the length of the query that a browser sent, or would.
    warning: str


class Pipeline:
    """Takes raw lines, each of which is an event or an EventError at once."""

    def __init__(
        self, settings: Settings, registry: Registry, memory: Memory, tell: Callable[[Told], None]
    ) -> None:
        """Judge by a registry; `tell` is called for each line."""
        self._topics = settings.raw_topics
        self._memory, self._tell = memory, tell
        stores = enabled_stores(settings).values()
        self._verdicts = {
            kind: Verdicts(settings, registry, stores, kind) for kind in (CLIENT, SERVER)
        }
        self._waiting = asyncio.Queue[bytes](MOST_WAITING)
        #: Lines of an intake that have no verdict yet, and who judges them.
        self._taken, self._judging = 0, set[asyncio.Task[None]]()
        #: What the answer to a beacon says of it.
        self.headers = self._verdicts[CLIENT].headers

    @property
    def is_away(self) -> bool:
        """Whether too many lines wait for their verdict."""
        return self._taken >= MOST_WAITING

    async def take(self, lines: Sequence[bytes], *, acks: bool) -> list[Outcome]:
        """Have the lines of an intake judged: each is taken, whatever its verdict.

        Verdicts that take longer than a client waits come after its answer.
        """
        self._taken += len(lines)
        judging = asyncio.create_task(self._judge(lines))
        self._judging.add(judging)
        judging.add_done_callback(self._judging.discard)
        await asyncio.wait([judging], timeout=ANSWER_SECONDS)
        return [Outcome.SUCCESS] * len(lines)

    async def _judge(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            await self._settle(CLIENT, line)
            self._taken -= 1
            # Who asks meanwhile is answered.
            await asyncio.sleep(0)

    def received(self, datagram: bytes) -> None:
        """Have server-side lines judged."""
        for line in filter(None, datagram.splitlines()):
            if self._waiting.full():
                self._waiting.get_nowait()
            self._waiting.put_nowait(line)

    async def run(self) -> None:
        """Judge what was received, until cancelled."""
        while True:
            await self._settle(SERVER, await self._waiting.get())

    async def _settle(self, kind: str, line: bytes) -> None:
        """Judge a line and tell of it; what goes wrong here is no fault of the next line."""
        topic = self._topics[kind]
        record = self._memory.line(topic, line)
        try:
            verdict, faults = await self._verdicts[kind].judged(record, f"{topic}/0")
            query = line.split(None, 1)[0].decode("ascii", "replace") if kind == CLIENT else ""
            one = self._memory.settle(record, verdict, faults[0].hint if faults else "")
            self._tell(Told(one, faults, length_warning(query)))
        except Exception:
            log.exception("A line could not be judged, or shown.")
