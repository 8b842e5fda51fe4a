"""The processor's agent: lanes that move end no worker, and their old batches are dropped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from elfaust.agents import processor
from elfaust.delivery.lane import Lane, Noted
from elfaust.delivery.lots import Lot
from elfaust.errors import LaneLost, ServerAway
from elfaust.metrics.table import EVENTS, RAW_LINES
from elfaust.names import TopicNames
from elfaust.records import Outgoing, position_of
from elfaust.settings import Settings
from elfaust.testing import make_record
from tests.counted import counted


class Signal:
    def __init__(self) -> None:
        self.connected: list[Any] = []

    def connect(self, handler: Any, weak: bool = True) -> None:
        self.connected.append(handler)


class App:
    """What the agent needs of its app; a lane that moves takes no notes."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.names, self.role = settings, TopicNames(settings), "processor"
        self.draining, self.moved, self.crashed = False, False, False
        self.published: list[Outgoing] = []
        self.notes: list[str] = []
        self.lane = self.new_lane()
        #: The raw topics' id, how often Kafka does not tell, and how often lanes began again.
        self.topic_id: str | None = "old"
        self.away = self.begun_again = 0
        self.consumer = self.admin = self
        self.on_partitions_revoked = Signal()
        self.delivered: asyncio.Queue[Any] = asyncio.Queue()
        self.agents: list[Callable[[Any], Any]] = []
        self.tasks: list[Callable[[], Any]] = []
        self.at_end: list[Any] = []
        self.held: list[Callable[[], list[str]]] = []

    def batches(self, *topics: str, value_type: Any) -> None:
        pass

    def agent(self, topic: Any, name: str) -> Callable[[Any], Any]:
        return lambda process: self.agents.append(process) or process  # type: ignore[func-returns-value]

    def run_beside(self, work: Any) -> None:
        self.tasks.append(work)

    def before_lanes(self, prepare: Any) -> None:
        pass

    def on_drain(self, drain: Any) -> None:
        self.at_end.append(drain)

    def on_close(self, close: Any) -> None:
        self.at_end.append(close)

    async def crash(self, error: Exception) -> None:
        self.crashed = True

    async def highwaters(self, tp: TP) -> dict[TP, int]:
        return {tp: 0}

    @property
    def lanes(self) -> dict[TP, Lane]:
        return {self.lane.tp: self.lane}

    async def ids(self, names: Iterable[str]) -> dict[str, str]:
        if self.away:
            self.away -= 1
            raise ServerAway("Kafka", "no broker answers")
        return {name: self.topic_id for name in names if self.topic_id is not None}

    async def begin_again(self, lane: Lane) -> None:
        self.begun_again += 1
        lane.begin_again(0)

    def new_lane(self) -> Lane:
        return Lane(TP(self.names.raw[1], 0), Noted(0), 1, 0)

    async def commit_note(self, lane: Lane, note: str) -> None:
        if self.moved:
            lane.end()
            raise LaneLost(lane.tp.partition, "a note is not committed")
        self.notes.append(note)

    async def publisher(self) -> Any:
        async def publish_lots(lots: list[Lot]) -> None:
            self.published += [record for lot in lots for record in lot.records()]

        return SimpleNamespace(publish_lots=publish_lots)

    def noack(self) -> App:
        return self

    async def events(self) -> AsyncIterator[Any]:
        while True:
            yield await self.delivered.get()
            self.delivered.task_done()

    async def deliver(self, *offsets: int, schema: str = "MadeUp") -> Any:
        """Deliver a batch of lines and wait until the agent has taken it."""
        capsule = json.dumps({"schema": schema, "revision": 1, "event": {}}).encode()
        records = [make_record(b"%d EventLogging %s" % (n, capsule), n, 0) for n in offsets]
        message = SimpleNamespace(
            lane=self.lane,
            offset=offsets[-1],
            note="",
            dropped=self.lane.is_over,
            fetched=monotonic(),
        )
        event = SimpleNamespace(
            message=message, value=SimpleNamespace(records=records), acked=False
        )
        event.ack = lambda: setattr(event, "acked", True)
        await self.delivered.put(event)
        async with asyncio.timeout(5):
            await self.delivered.join()
        return event


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Any]:
    settings = replace(
        Settings(),
        workers=replace(Settings().workers, state=str(tmp_path)),
        schemas=replace(Settings().schemas, folder=str(tmp_path / "schemas")),
    )
    (tmp_path / "schemas").mkdir()
    app: Any = App(settings)
    app.consumer = app.admin = app
    processor.register(app)
    tasks = [asyncio.create_task(app.agents[0](app)), asyncio.create_task(app.tasks[0]())]
    yield app
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for end in app.at_end:
        await end()


async def test_a_decision_is_noted_before_its_eventerror_is_published(app: Any) -> None:
    event = await app.deliver(0)
    assert event.acked
    assert len(app.notes) == 1
    assert [position_of(record) for record in app.published] == [0]


async def test_lines_are_counted_once_their_batch_is_committed(app: Any) -> None:
    event = await app.deliver(0, 1)
    assert event.acked
    assert counted(RAW_LINES) == {}
    event.message.when_committed()
    assert counted(RAW_LINES) == {("topic",): 2}
    assert counted(EVENTS) == {("unknown", "-1", "processor"): 2}


async def test_a_lane_that_moves_publishes_nothing_more_and_ends_no_worker(app: Any) -> None:
    app.moved = True
    assert not (await app.deliver(0, 1)).acked
    # What was delivered before the others have it comes again to somebody.
    app.moved = False
    assert not (await app.deliver(2, 3)).acked
    assert (app.published, app.crashed) == ([], False)
    app.lane = app.new_lane()
    assert (await app.deliver(0, 1)).acked
    assert [position_of(record) for record in app.published] == [0, 1]


async def test_a_batch_that_waited_while_its_lane_was_revoked_is_dropped(app: Any) -> None:
    [moves] = app.on_partitions_revoked.connected
    app.lane.end()
    await moves(set())
    assert not (await app.deliver(5, 6)).acked
    assert app.published == []


async def test_events_name_the_id_of_their_topic(app: Any) -> None:
    app.away = 1
    await app.deliver(0)
    assert [record.source.name for record in app.published] == [f"{app.names.raw[1]}@old"]
    assert json.loads(app.notes[0])["topic"] == "old"


async def test_a_lane_whose_topic_was_made_anew_begins_again(app: Any) -> None:
    await app.deliver(0, 1)
    app.topic_id = "new"
    assert not (await app.deliver(2, 3)).acked
    assert app.begun_again == 1
    await app.deliver(0, 1)
    made = {(record.source.name.partition("@")[2], *record.source[1:]) for record in app.published}
    assert made == {("old", 0), ("old", 1), ("new", 0), ("new", 1)}
    assert len({json.loads(record.value)["uuid"] for record in app.published}) == 4


async def test_a_note_of_another_topic_has_its_lane_begin_again(app: Any) -> None:
    app.lane.committed = Noted(7, '{"topic":"older"}')
    assert not (await app.deliver(7)).acked
    assert (app.begun_again, app.published) == (1, [])


async def test_a_topic_that_is_deleted_or_has_no_id_keeps_what_it_is(app: Any) -> None:
    await app.deliver(0)
    app.topic_id = None
    assert (await app.deliver(1)).acked
    assert {record.source.name for record in app.published} == {f"{app.names.raw[1]}@old"}
    app.lane, app.topic_id = app.new_lane(), ""
    await app.deliver(2)
    assert app.published[-1].source.name == app.names.raw[1]
