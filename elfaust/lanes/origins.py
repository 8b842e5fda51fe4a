"""Which topic the lines of a lane are of: its id tells it from one of the same name before it.

Kafka fetches by names. So the id is asked for after each fetch: while it is still the one that the
lane began with, all that was fetched is of that topic. Where it is another, the topic was deleted
and made anew, and its lines are read from its beginning, wherever the old one's had come to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from time import monotonic
from typing import TYPE_CHECKING

from elfaust.delivery.lane import Lane
from elfaust.errors import ServerAway
from elfaust.events.refusals import topic_source
from elfaust.lanes.notes import decode

if TYPE_CHECKING:
    from elfaust.workers.worker import Worker

log = logging.getLogger(__name__)

#: Wait before Kafka is asked again, seconds.
AGAIN_SECONDS = 0.5
#: Seconds between looks at topics of which nothing comes: a new topic of just as many lines as the
#: old one had looks like one that has no more.
LOOK_SECONDS = 5.0
ANEW = (
    "%s, lane %d: the topic was deleted and made anew (its id was %s, and is %s): its lines are"
    " read from the beginning, and what was not read of the old one is lost"
)


class Origins:
    """Asks for the ids of raw topics; lanes of those that were made anew begin again."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._ids: dict[str, str] = {}
        #: Those that were told before the lanes of this assignment were sought.
        self._at_first: dict[str, str] = {}
        #: Since when the ids are right at least.
        self._asked = float("-inf")

    async def prepare(self, _: object) -> None:
        """Ask before anything is fetched of an assignment's lanes; wait until Kafka tells.

        A lane of which nothing is noted would else begin with what is told after its first fetch,
        which may be of another topic by then.
        """
        await self._ask_until(lambda: False)
        self._at_first = self._ids

    async def of(self, lane: Lane, fetched: float) -> str | None:
        """Return the source of what is made of a lane's lines that were fetched at some time.

        None where they are not of its topic, or it is no longer ours: nothing is to be made of
        them. Waits for as long as Kafka does not tell.
        """

        def is_over() -> bool:
            return lane.is_over or self._worker.draining

        while self._asked < fetched or not self._is_known(lane):
            if self._asked >= fetched:
                # The leader of the lane knows its topic; another broker may not yet.
                await asyncio.sleep(AGAIN_SECONDS)
            if is_over() or not await self._ask_until(is_over):
                return None
        if not await self._is_same(lane):
            return None
        return topic_source(lane.tp.topic, lane.topic_id)

    def _is_known(self, lane: Lane) -> bool:
        """Tell whether it is known which topic a lane is of, or that brokers give topics no ids."""
        return bool(self._before(lane)) or lane.tp.topic in self._ids

    def _before(self, lane: Lane) -> str:
        """Return the id of the topic that a lane was of, as far as anybody has known."""
        noted = lane.topic_id or decode(lane.committed.note).topic
        return noted or self._at_first.get(lane.tp.topic, "")

    async def _ask_until(self, is_over: Callable[[], bool]) -> bool:
        """Ask until Kafka tells; return False where that is over before."""
        while True:
            try:
                await self._ask()
            except ServerAway as error:
                log.warning("Lines wait until Kafka tells the ids of their topics: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return not is_over()
            if is_over():
                return False

    async def look(self, lanes: Collection[Lane]) -> None:
        """Look from time to time whether the topics of lanes are still those that they were."""
        if monotonic() < self._asked + LOOK_SECONDS:
            return
        try:
            await self._ask()
        except ServerAway:
            return  # Whatever comes then waits for it.
        for lane in lanes:
            await self._is_same(lane)

    async def _ask(self) -> None:
        asked = monotonic()
        self._ids = await self._worker.admin.ids(self._worker.names.raw)
        self._asked = asked

    async def _is_same(self, lane: Lane) -> bool:
        """Tell whether a lane's topic is the one that it was; begin again with it if not."""
        # There is none while the topic is deleted, or where brokers know no ids.
        now = self._ids.get(lane.tp.topic, "")
        before = self._before(lane)
        if not before or not now or before == now:
            lane.topic_id = before or now
            return True
        about = {"topic": lane.tp.topic, "lane": lane.tp.partition}
        log.error(ANEW, lane.tp.topic, lane.tp.partition, before, now, extra=about)
        await self._worker.consumer.begin_again(lane)
        lane.topic_id = now
        return False
