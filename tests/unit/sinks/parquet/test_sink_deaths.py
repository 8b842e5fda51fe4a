"""A lane's files: each event once, whatever step a worker dies at, whoever else owns the lane."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import orjson
import pytest

from elfaust.errors import CommitTorn, LaneLost, ServerAway
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.sinks.parquet.reader import parquet_files
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_events
from tests.unit.sinks.parquet.fakes import (
    KEYS,
    Death,
    Mortal,
    batches,
    everything,
    nothing,
    sink_of,
    unfit,
    uuids,
)

T = TypeVar("T")


def test_a_worker_that_dies_at_any_step_loses_and_doubles_nothing(settings: Settings) -> None:
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        died = False
        try:
            sink = sink_of(mine, Mortal(step))
            sink.write(batches(range(4)), nothing)
            sink.write(batches(range(4, 8)), nothing)
        except Death:
            died = True
        # The next owner is given everything again, cut otherwise, some of it repeated.
        again = sink_of(mine, LocalStorage())
        again.write(batches(range(3)), nothing)
        again.write(batches(range(2, 8)), nothing)
        assert uuids(mine) == everything(range(8)), f"step {step}"
        assert LocalStorage().list(f"{root}/_temporary/lane=0") == [], f"step {step}"
        if not died:
            assert step > 20
            return
    raise AssertionError("the steps did not end")


class Faltering(LocalStorage):
    """A storage whose server is away once: at its n-th change, or before it has answered that."""

    def __init__(self, step: int, done: bool) -> None:
        self.step = step
        self._done = done

    def _change(self, change: Callable[[], T]) -> T:
        self.step -= 1
        if self.step == 0:
            if self._done:
                change()
            raise ServerAway("HDFS", "no answer")
        return change()

    def write(self, path: str, data: bytes) -> None:
        self._change(lambda: super(Faltering, self).write(path, data))

    def rename(self, source: str, target: str) -> bool:
        return self._change(lambda: super(Faltering, self).rename(source, target))

    def delete(self, path: str) -> None:
        self._change(lambda: super(Faltering, self).delete(path))


@pytest.mark.parametrize("done", [False, True])
def test_a_sink_whose_write_failed_at_any_step_goes_on_and_stores_each_event_once(
    settings: Settings, done: bool
) -> None:
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        storage = Faltering(0, done)
        sink = sink_of(mine, storage)
        storage.step = step
        with suppress(ServerAway):
            sink.write(batches(range(4)), nothing)
        falters, storage.step = storage.step <= 0, 0
        # More has come meanwhile.
        sink.write(batches(range(6)), nothing)
        assert uuids(mine) == everything(range(6)), f"step {step}"
        if not falters:
            assert step > 10
            return
    raise AssertionError("the steps did not end")


def test_of_two_owners_one_fails(settings: Settings) -> None:
    zombie = sink_of(settings, LocalStorage())
    owner = sink_of(settings, LocalStorage())
    owner.write(batches(range(4)), nothing)
    with pytest.raises(LaneLost):
        zombie.write(batches(range(4)), nothing)
    sink_of(settings, LocalStorage()).write(batches(range(6)), nothing)
    assert uuids(settings) == everything(range(6))


class Told:
    """The error topic: offsets of the records that it tells of. A worker may die around it."""

    def __init__(self, storage: Mortal) -> None:
        self.storage = storage
        self.offsets: list[int] = []

    def __call__(self, refused: Sequence[Rejected]) -> None:
        self.storage._step()
        self.offsets += [r.record.offset for r in refused]
        self.storage._step()


@pytest.mark.parametrize("wrong", [(1, 5), tuple(range(8))])
def test_a_worker_that_dies_at_any_step_has_told_what_it_refused(
    settings: Settings, wrong: Sequence[int]
) -> None:
    key = KEYS[0]
    for step in range(1, 60):
        root = f"{settings.hdfs.root}/{step}"
        mine = dataclasses.replace(settings, hdfs=dataclasses.replace(settings.hdfs, root=root))
        told = Told(Mortal(step))
        acknowledged, died = 0, False
        try:
            sink = sink_of(mine, told.storage)
            for end in (4, 8):
                batch = unfit(key, range(acknowledged, end), wrong)
                sink.write([make_events(key, batch)], told)
                acknowledged = end
        except Death:
            died = True
        # The next owner is given what was not acknowledged, and it alone.
        told.storage = Mortal(1000)
        again = sink_of(mine, LocalStorage())
        if acknowledged < 8:
            again.write([make_events(key, unfit(key, range(acknowledged, 8), wrong))], told)
        stored = Counter(f"{key.schema}-{n}" for n in range(8) if n not in wrong)
        assert uuids(mine) == stored, f"step {step}"
        assert set(told.offsets) == set(wrong), f"step {step}"
        if not died:
            return
    raise AssertionError("the steps did not end")


def test_a_lane_whose_last_commit_is_torn_waits_and_others_go_on(settings: Settings) -> None:
    sink, storage = sink_of(settings, LocalStorage()), LocalStorage()
    sink.write(batches(range(2)), nothing)
    folder = f"{settings.hdfs.root}/_commits/lane=0"
    last = f"{folder}/{storage.list(folder)[-1]}"
    whole = storage.read(last)
    storage.write(last, whole[:-9])
    sink.on_revoked()
    with pytest.raises(CommitTorn, match="lane=0"):
        sink.write(batches(range(2, 4)), nothing)
    sink.write(batches(range(4, 5), lane=1), nothing)
    assert uuids(settings) == everything(range(2)) + everything(range(4, 5))
    storage.write(last, whole)
    sink.write(batches(range(2, 4)), nothing)
    assert uuids(settings) == everything(range(5))


def test_the_way_out_of_a_torn_commit_stores_each_event_once(settings: Settings) -> None:
    """The steps of docs/operating.md, "A torn commit file"."""
    sink, storage = sink_of(settings, LocalStorage()), LocalStorage()
    for start in (0, 4, 8):
        sink.write(batches(range(start, start + 4)), nothing)
    folder = f"{settings.hdfs.root}/_commits/lane=0"
    readable, torn = [f"{folder}/{name}" for name in storage.list(folder)[-2:]]
    storage.write(torn, b"")
    offsets = orjson.loads(storage.read(readable))["offsets"]
    for file in list(parquet_files(storage, settings.hdfs.root)):
        topic, lane, span, _ = file.path.rpartition("/")[2].split(".")
        if lane == "0" and int(span.partition("-")[0]) >= offsets[topic]:
            storage.delete(file.path)
    storage.delete(torn)
    assert set(offsets.values()) == {8}
    sink_of(settings, storage).write(batches(range(8, 14)), nothing)
    assert uuids(settings) == everything(range(14))
