"""One record of a topic: the raw line with what is said of it now, or the event or error.

The JSON of it: {"topic": str, "lane": int, "offset": int} and either
{"error": why there is none, "past_retention": bool}, or what seen.py describes, of an error whose
raw line is there also with "verdict_now", or
{"time": ISO 8601, "line": text, "verdict_now": [what checked.py describes]}.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from elfaust.errors import ServerTrouble
from elfaust.events.refusals import topic_of
from elfaust.settings import Settings
from elfaust.view.checked import Checked
from elfaust.view.feed import Feed, NoRecord
from elfaust.view.judges import Asked
from elfaust.view.seen import FAILED, VALID, Seen, seen, shown_value, when

#: Gives the verdict on lines.
Check = Callable[[Sequence[Asked]], Awaitable[list[Checked]]]


class OneRecord(NamedTuple):
    """What there is at an offset; `status` is HTTP's."""

    place: dict[str, Any]
    status: int = 200
    #: Why there is no record, and whether there was one.
    why: str = ""
    is_past: bool = False
    #: Milliseconds since the epoch.
    time: int = -1
    #: The record, masked.
    shown: Any = None
    #: What it is if it is no raw line, and what is said now of one that is, or of an error's.
    seen: Seen | None = None
    judged: Sequence[Checked] = ()

    @property
    def passes_now(self) -> bool:
        """Whether all of a raw line would be an event now, as its schema may have changed."""
        return bool(self.judged) and all(one.status == VALID for one in self.judged)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that this module's docstring describes."""
        if self.why:
            return {**self.place, "error": self.why, "past_retention": self.is_past}
        judged = [one.as_json() for one in self.judged]
        if self.seen is not None:
            return self.seen.as_json() | ({"verdict_now": judged} if judged else {})
        return {**self.place, "time": when(self.time), "line": self.shown, "verdict_now": judged}


async def one_record(
    settings: Settings, feed: Feed, check: Check, topic: str, lane: int, offset: int
) -> OneRecord:
    """Return what there is at an offset, whatever there is."""
    place = {"topic": topic, "lane": lane, "offset": offset}
    try:
        found = await feed.record(topic, lane, offset)
    except ServerTrouble as error:
        return OneRecord(place, 503, str(error))
    if isinstance(found, NoRecord):
        return OneRecord(place, 410 if found.is_past else 404, found.why, found.is_past)
    one = OneRecord(place, time=found.timestamp, shown=shown_value(found.value))
    kinds = {of: kind for kind, of in settings.raw_topics.items()}
    if topic in kinds:
        return one._replace(judged=await check([Asked(1, found.value, kinds[topic])]))
    one = one._replace(seen=seen(found, settings.topics.error))
    source = found.source
    if one.seen is None or one.seen.status != FAILED or source is None:
        return one
    if (of := topic_of(source.name)) not in kinds:
        return one
    line = await one_record(settings, feed, check, of, lane, source.position)
    return one._replace(judged=line.judged)
