"""Sends a campaign's lines: to the raw topics, to the forwarder's file and to the intake."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import requests

from elfaust.delivery.publisher import publishing
from elfaust.records import Outgoing
from elfaust.settings import Settings
from tests.beside import beside
from tests.chaos.book import Book
from tests.chaos.mixed_lines import Lines, Schemas
from tests.chaos.trial import Load

#: For how many seconds the same schemas' lines come, and after how many there is a new schema.
TURN_SECONDS, NEW_SECONDS = 5.0, 20.0
#: Lines a second that are written to the forwarder's file, and requests a second to the intake.
FILE_RATE, INTAKE_RATE = 20, 5


def load(
    settings: Settings,
    rate: float,
    lines: Lines,
    schemas: Schemas,
    book: Book,
    mixing: threading.Event,
) -> Load:
    """Return a load of these lines at a rate, which has a new schema every few seconds.

    There are none, and the first few schemas' lines alone, until `mixing` is set: each schema's
    first line moves lanes, and workers are to begin before that goes on all the time.
    """

    async def send(
        settings: Settings, count: int | None, rate: float, sent: Callable[[int], None]
    ) -> int:
        total, began, size = 0, time.monotonic(), max(1, int(rate / 5))
        turned = made = began - NEW_SECONDS
        async with publishing(settings) as publisher:
            for lane in itertools.cycle(range(settings.topics.lanes)):
                now = time.monotonic()
                if mixing.is_set() and now - turned > TURN_SECONDS:
                    turned = now
                    lines.turn()
                if mixing.is_set() and now - made > NEW_SECONDS:
                    made = now
                    schemas.make()
                chunk, at = lines.chunk(size), int(time.time() * 1_000)
                for one in chunk:
                    book.note(one)
                topics = settings.raw_topics
                await publisher.publish([Outgoing(topics[c.kind], lane, c.line, at) for c in chunk])
                total += size
                sent(total)
                await asyncio.sleep(max(0.0, began + total / rate - time.monotonic()))
        return total

    return Load(settings, rate, send)


@contextmanager
def to_forwarder(file: Path, lines: Lines, book: Book) -> Iterator[None]:
    """Write lines to the file that a forwarder follows until the block ends."""

    def write() -> None:
        made = lines.of_kind("server", FILE_RATE)
        with file.open("ab") as out:
            out.writelines(one.line + b"\n" for one in made)
        for one in made:
            book.note(one)

    with _every(1.0, write):
        yield


@contextmanager
def to_intake(settings: Settings, lines: Lines, book: Book) -> Iterator[None]:
    """Send beacons to the intake until the block ends; what it does not take is not sent again."""

    def ask() -> None:
        [one] = lines.of_kind("client", 1)
        query = one.line.partition(b"\t")[0].decode("latin-1")
        book.asked += 1
        try:
            answer = requests.get(f"{settings.intake.beacon}{query}", timeout=10)
        except requests.RequestException:
            return
        book.taken += answer.ok

    with _every(1.0 / INTAKE_RATE, ask):
        yield


def _every(seconds: float, call: Callable[[], None]) -> AbstractContextManager[None]:
    def again(over: threading.Event) -> None:
        while not over.wait(seconds):
            call()

    return beside(again)
