"""Client-side lines for one stage alone: so many in a hundred invalid, and each known to be or not.

They are the recorded lines (recorded.py), in an order of their own. What a store cannot hold is no
part of them: to refuse that is elfaust's own job, and no peer's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from elfaust.delivery.publisher import publishing
from elfaust.delivery.topics import TopicAdmin
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.recorded import cases

#: Lines of one publish; each publish goes to the next lane.
CHUNK = 1_000
#: Codes of lines that fit no schema or cannot be read: whoever knows the schemas refuses them.
BY_SCHEMA = ("processor", "validation")


class Sent(NamedTuple):
    """Lines in a raw topic: how many are to become events, and how many errors."""

    topic: str
    valid: int
    invalid: int

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self.valid + self.invalid


def stage_lines(count: int, invalid: int, base_time: float = 0.0) -> Iterator[tuple[bytes, bool]]:
    """Yield `count` client-side lines, each with whether it is valid.

    `invalid` in a hundred are not, evenly spread. `base_time` (Unix seconds) is what the valid
    ones carry; a number of its own makes each of them an event of its own.
    """
    valid, refused = cases()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(base_time)).encode()
    good = [
        (line.before, line.after.replace(b"\t@\t", b"\t" + moment + b"\t", 1))
        for line in valid
        if line.kind == "client"
    ]
    bad = [of.line for of in refused if of.kind == "client" and of.code in BY_SCHEMA]
    for number in range(count):
        nth, rest = divmod(number * invalid, 100)
        if rest < invalid:
            yield bad[nth % len(bad)], False
        else:
            before, after = good[(number - nth) % len(good)]
            yield b"%s%d%s" % (before, number, after), True


async def fill(settings: Settings, topic: str, count: int, invalid: int) -> Sent:
    """Make a raw topic, and send `count` lines into it.

    Raises ServerAway where no broker answers, and Unacknowledged.
    """
    async with TopicAdmin(settings) as admin:
        await admin.ensure([topic])
    lines, valid = stage_lines(count, invalid, time.time()), 0
    async with publishing(settings) as publisher:
        for chunk, batch in enumerate(iter(lambda: list(islice(lines, CHUNK)), [])):
            lane, now = chunk % settings.topics.lanes, int(time.time() * 1000)
            await publisher.publish([Outgoing(topic, lane, line, now) for line, _ in batch])
            valid += sum(is_valid for _, is_valid in batch)
    return Sent(topic, valid, count - valid)
