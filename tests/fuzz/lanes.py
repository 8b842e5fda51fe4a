"""A raw topic's lane as the processor settles it, batch by batch, with what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from elfaust.delivery.batch import FORWARDED
from elfaust.events.verdict import Judge, Verdict
from elfaust.lanes.callbacks import LaneCallbacks, Settled
from elfaust.lanes.raw_lane import RawLane
from elfaust.lanes.waiting_lines import WaitLimits
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from tests.fuzz.faults import Broken

#: Lines of a batch; few, so that batches wait for each other.
BATCH = 7
#: Seconds for which a line waits for its schema; the lane's clock goes on by as many each look.
SECONDS = 60.0


async def settle(
    judge: Judge, registry: Registry, origin: str, records: Sequence[Record]
) -> dict[int, Verdict]:
    """Return the verdicts of a lane's records by offset; raises Broken for a broken promise.

    Lines that a forwarder has repeated have none.
    """
    settled: list[Settled] = []
    ended: list[int] = []

    def acknowledge(end: int, *_: object) -> None:
        ended.append(end)

    async def publish(some: Sequence[Settled]) -> None:
        settled.extend(some)

    async def note(_: str) -> None:
        pass

    async def is_published(_: SchemaKey) -> bool:
        return False

    clock = count(0, 2 * SECONDS)
    limits = WaitLimits(SECONDS, 1_000_000)
    callbacks = LaneCallbacks(publish, acknowledge, note, is_published)
    lane = RawLane(origin, judge, registry, callbacks, limits, clock=lambda: next(clock))
    batches = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
    for batch in batches:
        await lane.take(batch)
    await lane.settle()
    await registry.close()
    ends = [batch[-1].offset + 1 for batch in batches]
    if lane.held or ended != ends:
        raise Broken("a batch is not acknowledged", f"{ended} of {ends}, {lane.held}")
    _check_order(settled)
    _check_once(settled, records)
    return {record.offset: verdict for record, verdict in settled}


def _check_order(settled: Sequence[Settled]) -> None:
    """Check that in each topic offsets only rise."""
    reached: dict[SchemaKey | None, int] = {}
    for record, verdict in settled:
        topic = None if verdict.code else verdict.key
        if record.offset <= reached.get(topic, -1):
            raise Broken("a line is overtaken in its topic", f"{record.offset} of {topic}")
        reached[topic] = record.offset


def _check_once(settled: Sequence[Settled], records: Sequence[Record]) -> None:
    offsets = [record.offset for record, _ in settled]
    if len(set(offsets)) < len(offsets):
        raise Broken("a line is settled twice")
    missing = {record.offset for record in records} - {*offsets}
    gone = [record.source for record in records if record.offset in missing]
    if any(not source or not FORWARDED.fullmatch(source.name) for source in gone):
        raise Broken("a line is not settled", str(missing))
