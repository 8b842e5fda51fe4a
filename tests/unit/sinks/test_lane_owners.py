"""Owners of one lane whose steps come in any order, some of them dying: each event once."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryDirectory

import orjson
from hypothesis import given, strategies

from elfaust.errors import LaneLost
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.sinks.parquet.sink import ParquetSink
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events, make_record

KEY = SchemaKey("SpecialMuteSubmit", 19679477)
REGISTRY = Registry(Settings().schemas)
EVENTS = 14
#: Owners cut their flushes differently: files of the same name would forgive much.
CUTS = ((2, 4, 6, 8, 10, 12, 14), (1, 3, 5, 7, 9, 11, 13, 14), (3, 4, 5, 7, 8, 9, 11, 14), (14,))


class Death(BaseException):
    """The worker is killed."""


class Owner:
    """A worker of the lane in a thread of its own, halted before each call of its storage."""

    def __init__(self, config: Settings, number: int) -> None:
        self._cuts = CUTS[number]
        self._halted, self._go = threading.Semaphore(0), threading.Semaphore(0)
        self._dies = False
        self.over = False
        self.error: BaseException | None = None
        self._sink = ParquetSink(config, REGISTRY, Halting(self.halt))
        threading.Thread(target=self._work, daemon=True).start()
        self._halted.acquire()

    def _work(self) -> None:
        try:
            for numbers in map(range, (0, *self._cuts), self._cuts):
                self._sink.write([make_events(KEY, records(numbers))], nothing)
        except (LaneLost, Death):
            pass
        except BaseException as error:
            self.error = error
        self.over = True
        self._halted.release()

    def halt(self) -> None:
        self._halted.release()
        self._go.acquire()
        if self._dies:
            raise Death

    def step(self) -> None:
        """Let the worker do one call; wait until it comes to the next."""
        if not self.over:
            self._go.release()
            self._halted.acquire()

    def die(self) -> None:
        self._dies = True
        while not self.over:
            self.step()


class Halting(LocalStorage):
    """A folder, each call of which waits for its turn."""

    def __init__(self, halt: Callable[[], None]) -> None:
        self._halt = halt

    def write(self, path: str, data: bytes) -> None:
        self._halt()
        super().write(path, data)

    def read(self, path: str) -> bytes:
        self._halt()
        return super().read(path)

    def rename(self, source: str, target: str) -> bool:
        self._halt()
        return super().rename(source, target)

    def exists(self, path: str) -> bool:
        self._halt()
        return super().exists(path)

    def list(self, path: str) -> list[str]:
        self._halt()
        return super().list(path)

    def delete(self, path: str) -> None:
        self._halt()
        super().delete(path)


def nothing(refused: Sequence[Rejected]) -> None:
    raise AssertionError(refused)


def records(numbers: range) -> list[Record]:
    return [
        make_record(orjson.dumps(capsule(number)), number, 0, ("raw", number * 10))
        for number in numbers
    ]


def capsule(number: int) -> dict[str, object]:
    return {
        "event": {"emailsBefore": True},
        "schema": KEY.schema,
        "revision": KEY.revision,
        "uuid": str(number),
        "dt": f"2020-09-13T{number % 2:02}:00:00Z",
    }


def uuids(config: Settings) -> Iterator[str]:
    for file in parquet_files(LocalStorage(), config.hdfs.root):
        yield from file.uuids


#: Which of three owners does how many calls next, and whether it then dies.
turns = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 2), strategies.integers(1, 70), strategies.integers(0, 9)
    ),
    max_size=8,
)


@given(turns)
def test_each_event_is_there_once(order: list[tuple[int, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        base = Settings()
        hdfs = dataclasses.replace(base.hdfs, root=folder, storage="local", writers=1)
        config = dataclasses.replace(base, hdfs=hdfs)
        owners = [Owner(config, number) for number in range(3)]
        for which, steps, fate in order:
            for _ in range(steps):
                owners[which].step()
            if fate == 0:
                owners[which].die()
        # Those that are left, and one more after them, run to their end.
        for owner in [*owners, Owner(config, 3)]:
            while not owner.over:
                owner.step()
            assert owner.error is None
        assert Counter(uuids(config)) == Counter(map(str, range(EVENTS)))
        assert LocalStorage().list(f"{folder}/_temporary/lane=0") == []
