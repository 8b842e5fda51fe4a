"""Events of five schemas at a steady rate, and how late their rows are in MySQL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import orjson

from elfaust.delivery.publisher import Publisher, make_producer
from elfaust.delivery.topics import TopicAdmin
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect
from elfaust.workers.state import alive
from tests.integration.test_mysql_sink import EVENTS

#: Events of each schema in a second.
RATE = 20
OTHERS = sorted(EVENTS)[:5]
#: An event of 100 kB, no part of which is longer than a TEXT.
LARGE = {f"p{n}": {"type": "string"} for n in range(100)}
LARGE_EVENT = dict.fromkeys(LARGE, "x" * 1_000)
TICK = 0.1
#: Events of one publish of a flood, at most, and their bytes.
CHUNK, CHUNK_BYTES = 1_000, 2_000_000


class Delays(NamedTuple):
    """Seconds from publishing an event until its row could be read."""

    events: int
    median: float
    p99: float
    #: How many are not there.
    open: int


def table_of(key: SchemaKey) -> str:
    return f"{key.schema}_{key.revision}"


@contextmanager
def publishing(settings: Settings) -> Iterator[Callable[[SchemaKey, list[bytes]], None]]:
    """Give what publishes events of a schema; returns when Kafka has them."""
    loop, lanes = asyncio.new_event_loop(), settings.topics.lanes
    names, admin = TopicNames(settings), TopicAdmin(settings)
    producer = loop.run_until_complete(_started(settings))
    publisher, number = Publisher(settings, producer, admin), 0

    def publish(key: SchemaKey, values: list[bytes]) -> None:
        nonlocal number
        topic, first = names.event(key), number
        number += len(values)
        made = [
            Outgoing(topic, n % lanes, value, int(time.time() * 1000))
            for n, value in enumerate(values, first)
        ]
        loop.run_until_complete(publisher.publish(made))

    try:
        yield publish
    finally:
        loop.run_until_complete(producer.stop())
        loop.run_until_complete(admin.close())
        loop.close()


async def _started(settings: Settings) -> Any:
    producer = make_producer(settings.kafka)
    await producer.start()
    return producer


def event(sample: dict[str, Any], number: int) -> bytes:
    return orjson.dumps({**sample, "uuid": f"{number:032x}"})


def flood(settings: Settings, key: SchemaKey, sample: dict[str, Any], numbers: range) -> None:
    """Publish events of a schema as fast as Kafka takes them."""
    with publishing(settings) as publish:
        step = max(1, min(CHUNK, CHUNK_BYTES // len(event(sample, 0))))
        for start in range(numbers.start, numbers.stop, step):
            some = range(start, min(start + step, numbers.stop))
            publish(key, [event(sample, number) for number in some])


def sample_of(key: SchemaKey) -> dict[str, Any]:
    """Return an event of a schema of the recorded ones, or of the large one."""
    if key in EVENTS:
        return EVENTS[key][0]
    large = {**EVENTS[OTHERS[0]][0], "event": LARGE_EVENT}
    return {**large, "schema": key.schema, "revision": key.revision}


class Flow:
    """Events of five schemas at a steady rate, and when the row of each was there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._over = threading.Event()
        self._published: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._failed: list[BaseException] = []
        #: The largest memory of the mysql worker since it was last set, bytes.
        self.peak = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Publish and look until the block ends."""
        threads = [threading.Thread(target=self._kept, args=(f,)) for f in (self._send, self._look)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
            assert self._failed == []

    def delays(self, since: float, until: float) -> Delays:
        """Return how late the rows are of what was published in a time, there or not."""
        now = time.time()
        of = {u: at for u, at in self._published.copy().items() if since <= at < until}
        late = [self._seen.get(uuid, now) - at for uuid, at in of.items()]
        cuts = quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
        return Delays(len(of), cuts[49], cuts[98], len(of.keys() - self._seen.copy().keys()))

    @property
    def is_warm(self) -> bool:
        """Whether each schema has had some rows."""
        return len(self._seen) > len(OTHERS) * RATE

    def _kept(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failed.append(error)

    def _send(self) -> None:
        number, due = 10**12, time.monotonic()
        with publishing(self._settings) as publish:
            while not self._over.is_set():
                for key in OTHERS:
                    some = range(number, number + int(RATE * TICK))
                    number = some.stop
                    self._published |= dict.fromkeys((f"{n:032x}" for n in some), time.time())
                    publish(key, [event(sample_of(key), n) for n in some])
                due += TICK
                time.sleep(max(0.0, due - time.monotonic()))

    def _look(self) -> None:
        last = dict.fromkeys(map(table_of, OTHERS), 0)
        with closing(connect(self._settings.mysql)) as connection:
            connection.autocommit(True)
            while not self._over.is_set():
                for table, before in last.items():
                    found = rows_after(connection, table, before)
                    self._seen |= dict.fromkeys((uuid for _, uuid in found), time.time())
                    last[table] = max([before, *(number for number, _ in found)])
                self.peak = max(self.peak, memory(self._settings))
                time.sleep(TICK / 2)


def rows_after(connection: Any, table: str, last: int) -> Sequence[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW TABLES LIKE '{table}'")
        if not cursor.fetchall():
            return []
        cursor.execute(f"SELECT id, uuid FROM {table} WHERE id > {last}")
        found: Sequence[tuple[int, str]] = cursor.fetchall()
        return found


def memory(settings: Settings) -> int:
    """Return the resident memory of the mysql worker, bytes; 0 while there is none."""
    for worker in alive(settings):
        if worker.role == "mysql":
            status = Path(f"/proc/{worker.pid}/status").read_text()
            [resident] = [line for line in status.splitlines() if line.startswith("VmRSS")]
            return 1_024 * int(resident.split()[1])
    return 0
