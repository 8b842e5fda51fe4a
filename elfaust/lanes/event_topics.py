"""The topics of a lane's events: what becomes of events that their topics do not take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from elfaust.errors import TooLong, TopicRefuses
from elfaust.events.verdict import Judge, Verdict
from elfaust.lanes.callbacks import Settled
from elfaust.records import Record, SchemaKey, position_of

#: One whose event is in no topic, and its other verdict; None where it waits for the topic.
Kept = tuple[Record, Verdict, Verdict | None]
#: Wait before a topic that took nothing is tried again, seconds.
AGAIN_SECONDS = 5.0


class EventTopics:
    """Publishes a lane's events, and remembers which topics take nothing."""

    def __init__(
        self,
        publish: Callable[[Sequence[Settled]], Awaitable[None]],
        judge: Judge,
        origin: str,
        clock: Callable[[], float],
    ) -> None:
        """`publish` is that of LaneCallbacks (callbacks.py); `origin` is the raw topic and lane."""
        self._publish = publish
        self._judge = judge
        self._origin = origin
        self._clock = clock
        self._why: dict[SchemaKey, str] = {}
        self._again: dict[SchemaKey, float] = {}

    @property
    def refusing(self) -> set[SchemaKey]:
        """The schemas whose topics took nothing when last tried."""
        return set(self._why)

    @property
    def resting(self) -> set[SchemaKey]:
        """Those of them that are not to be tried yet."""
        now = self._clock()
        return {key for key, again in self._again.items() if again > now}

    def why(self, key: SchemaKey) -> str:
        """Return why the topic of a schema takes nothing; "" for one that is not known to."""
        return self._why.get(key, "")

    def forget(self, keys: Iterable[SchemaKey]) -> None:
        """Forget that topics took nothing: they do now, or nothing waits for them."""
        for key in keys:
            self._why.pop(key, None)
            self._again.pop(key, None)

    async def publish(self, events: list[Settled]) -> list[Kept]:
        """Publish events, of which there may be none; return those that are in no topic."""
        kept: list[Kept] = []
        while events:
            if self._why:
                self.forget({event.key for _, event in events})
            try:
                await self._publish(events)
                break
            except TooLong as error:
                most = {position_of(record): size for record, size in error.records.items()}
                kept += [
                    (record, event, self._judge.too_long(record, event, self._origin, most[at]))
                    for record, event in events
                    if (at := record.offset) in most
                ]
                events = [settled for settled in events if settled[0].offset not in most]
            except TopicRefuses as error:
                why = {position_of(record): reason for record, reason in error.records.items()}
                refused = [settled for settled in events if settled[0].offset in why]
                self._rest({event.key: why[record.offset] for record, event in refused})
                kept += [(record, event, None) for record, event in refused]
                break
        return kept

    def _rest(self, why: dict[SchemaKey, str]) -> None:
        self._why |= why
        self._again |= dict.fromkeys(why, self._clock() + AGAIN_SECONDS)
