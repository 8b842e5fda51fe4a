from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from elfaust.counts.entry import CountKey
from elfaust.counts.view import View
from elfaust.delivery.lag import TopicLag
from elfaust.graphite.progress import Progress
from elfaust.graphite.statsd import ProcessorSender, StatsdSender
from elfaust.metrics.table import VALID_LINES
from elfaust.metrics.values import Values
from elfaust.settings import Settings


class Trial:
    def __init__(self, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        base = Settings()
        statsd = replace(base.statsd, host=host, port=self.socket.getsockname()[1])
        self.settings = settings = replace(base, statsd=statsd)
        self.turn = 1
        self.now = 1000.0
        self.view = View()
        self.view.complete = True
        self.progress = Progress(settings, lambda: True)
        self.sender = StatsdSender(
            settings, self.view, self.progress, lambda: self.turn, lambda: self.now
        )

    def count(self, schema: str, code: str, count: int) -> None:
        key = CountKey(0, "t", schema, 1, code, None)
        self.view.apply(key, {"count": count, "last": 1, "positions": {}})

    def acknowledge(self, role: str, topic: str, number: int) -> None:
        self.progress.take([TopicLag(topic, role, number, number)])

    async def sent(self) -> Counter[str]:
        await self.sender.send()
        return self.got()

    def got(self) -> Counter[str]:
        got: Counter[str] = Counter()
        while True:
            try:
                data = self.socket.recv(10_000).decode()
            except TimeoutError:
                return got
            for line in data.splitlines():
                name, _, value = line.partition(":")
                assert value.endswith("|c")
                got[name] = int(value.removesuffix("|c"))


@pytest.fixture
def trial() -> Iterator[Trial]:
    made = Trial()
    yield made
    made.sender._datagrams.close()
    made.socket.close()


async def test_differences_are_sent_under_eventloggings_names(trial: Trial) -> None:
    trial.count("Edit", "", 100)
    trial.acknowledge("mysql", "t", 90)
    zeros = dict.fromkeys(["raw", "valid", "inserted"], 0)
    first = await trial.sent()
    assert first == {f"eventlogging.overall.{name}": 0 for name in zeros} | {
        f"eventlogging.{kind}_side_events.raw": 0 for kind in ("client", "server")
    }
    trial.count("Edit", "", 103)
    trial.count("New", "", 2)
    trial.count("Edit", "validation", 1)
    trial.acknowledge("mysql", "t", 94)
    got = await trial.sent()
    assert got["eventlogging.overall.raw"] == 6
    assert got["eventlogging.overall.valid"] == 5
    assert got["eventlogging.overall.inserted"] == 4
    assert got["eventlogging.schema.Edit"] == 3
    assert got["eventlogging.schema.New"] == 2
    again = await trial.sent()
    assert again == first


async def test_offsets_that_cannot_be_read_are_no_zero(trial: Trial) -> None:
    assert set(await trial.sent()) == {"eventlogging.overall.raw", "eventlogging.overall.valid"}
    trial.acknowledge("mysql", "t", 50)
    # Nobody knows how many of them are new.
    assert (await trial.sent())["eventlogging.overall.inserted"] == 0
    trial.progress.acknowledged = None
    assert "eventlogging.overall.inserted" not in await trial.sent()
    trial.acknowledge("mysql", "t", 57)
    assert (await trial.sent())["eventlogging.overall.inserted"] == 7


async def test_a_host_without_an_address_forgets_nothing(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    found: list[str] = []

    async def look_up(host: str, port: int, **_: Any) -> Any:
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (found[0], port))]

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    with pytest.raises(socket.gaierror):
        await trial.sender.send()
    trial.count("Edit", "", 3)
    with pytest.raises(socket.gaierror):
        await trial.sender.send()
    found.append("127.0.0.1")
    assert (await trial.sent())["eventlogging.overall.valid"] == 3
    # It moves, and is looked for again after a minute; then nobody answers, and it stays.
    found[0] = "127.0.0.9"
    assert await trial.sent()
    trial.now += 61
    assert not await trial.sent()
    assert trial.sender._datagrams.address == "127.0.0.9"
    found.clear()
    trial.now += 61
    await trial.sender.send()
    assert trial.sender._datagrams.address == "127.0.0.9"


async def test_what_was_counted_before_this_worker_came_another_has_sent(trial: Trial) -> None:
    trial.count("Edit", "", 100)
    trial.turn = 0
    await trial.sender.begin()
    assert await trial.sent() == {}
    trial.count("Edit", "", 130)
    assert await trial.sent() == {}
    # The lane has moved here: what was counted since the last look is sent by nobody else.
    trial.turn = 1
    trial.count("Edit", "", 137)
    assert (await trial.sent())["eventlogging.schema.Edit"] == 7


async def test_what_is_counted_while_lanes_move_is_sent_by_whoever_gets_them_again(
    trial: Trial,
) -> None:
    await trial.sent()
    trial.count("Edit", "", 100)
    trial.acknowledge("mysql", "t", 100)
    trial.turn = 0
    assert await trial.sent() == {}
    trial.count("Edit", "", 130)
    trial.turn = 1
    assert (await trial.sent())["eventlogging.overall.valid"] == 130
    trial.turn = 0
    await trial.sent()
    trial.count("Edit", "", 190)
    await trial.sent()
    # Lanes were another's: that one has sent them.
    trial.count("Edit", "", 200)
    trial.turn = 2
    assert (await trial.sent())["eventlogging.overall.valid"] == 10
    # Nobody has looked while they were another's.
    trial.count("Edit", "", 230)
    trial.turn = 3
    assert (await trial.sent())["eventlogging.overall.valid"] == 0
    trial.count("Edit", "", 231)
    assert (await trial.sent())["eventlogging.overall.valid"] == 1


async def test_what_another_has_sent_until_it_died_is_not_sent_again(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits notes often what is counted, not each time that it would send."""
    monkeypatch.setattr("elfaust.graphite.statsd.OURS_SECONDS", 0.001)
    trial.turn = 0
    running = asyncio.create_task(trial.sender.run())
    await asyncio.sleep(0.01)
    trial.count("Edit", "", 100)
    await asyncio.sleep(0.05)
    trial.turn = 1
    while "overall.raw" not in str(got := trial.got()):
        await asyncio.sleep(0.01)
    assert got["eventlogging.overall.valid"] == 0
    running.cancel()


async def test_a_worker_that_was_there_from_the_first_event_on_sends_all(trial: Trial) -> None:
    await trial.sender.begin()
    trial.count("Edit", "", 100)
    assert (await trial.sent())["eventlogging.overall.valid"] == 100


async def test_a_processor_sends_what_it_has_committed_as_valid(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Values()
    monkeypatch.setattr("elfaust.graphite.statsd.values", lambda: counted)
    sender = ProcessorSender(trial.settings)
    trial.sender = sender  # type: ignore[assignment]
    client, server = (f"eventlogging.{kind}_side_events.valid" for kind in ("client", "server"))
    assert await trial.sent() == {client: 0, server: 0}
    counted.count(VALID_LINES, 5, trial.settings.topics.raw_client)
    counted.count(VALID_LINES, 2, trial.settings.topics.raw_server)
    assert await trial.sent() == {client: 5, server: 2}
    counted.count(VALID_LINES, 1, trial.settings.topics.raw_client)
    sender.end()
    assert trial.got() == {client: 1, server: 0}


async def test_what_was_noted_before_a_turn_went_on_is_forgotten(trial: Trial) -> None:
    await trial.sender.begin()
    await trial.sent()
    # Lanes move, and lane 0 comes again in the next generation.
    trial.turn = 0
    await trial.sent()
    trial.turn = 1
    trial.count("Edit", "", 133)
    assert (await trial.sent())["eventlogging.overall.raw"] == 133
    # They move twice at once, so that a generation passes without this worker.
    trial.turn = 2
    trial.count("Edit", "", 140)
    assert (await trial.sent())["eventlogging.overall.raw"] <= 7
