"""Kafka without a broker: what is published is packed by aiokafka and read again from its bytes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from elfaust.delivery.publisher import Publisher
from elfaust.records import Outgoing
from elfaust.settings import Settings
from tests.fuzz.records import Fetched


class Topics:
    """Topics of one lane in memory, with a producer's face."""

    def __init__(self, settings: Settings) -> None:
        self.records: defaultdict[str, list[Fetched]] = defaultdict(list)
        self._batch_bytes = settings.kafka.batch_bytes
        admin: Any = SimpleNamespace(create=self._create, limit=lambda _: LIMIT)
        self.publisher = Publisher(settings, self, admin)

    async def _create(self, names: Iterable[str]) -> dict[str, str]:
        for name in names:
            # What a broker takes for a name.
            assert 0 < len(name) <= 249, name
            assert set(name) <= LEGAL, name
        return {}

    async def partitions_for(self, _: str) -> set[int]:
        """Return the only lane."""
        return {0}

    def create_batch(self) -> BatchBuilder:
        """Return what packs records as the real producer does."""
        return BatchBuilder(self._batch_bytes, 0)

    async def send_batch(self, builder: BatchBuilder, topic: str, partition: int) -> Any:
        """Take a batch in; return its acknowledgement."""
        packed, first = MemoryRecords(bytes(builder._build())), len(self.records[topic])
        while (batch := packed.next_batch()) is not None:
            for record in batch:
                offset = len(self.records[topic])
                self.records[topic].append(
                    Fetched(
                        record.value,
                        offset,
                        record.timestamp,
                        tuple(record.headers),
                        record.key,
                        topic,
                    )
                )
        acknowledged = asyncio.get_running_loop().create_future()
        acknowledged.set_result(SimpleNamespace(offset=first))
        return acknowledged

    def add(self, topic: str, fetched: Sequence[Fetched]) -> None:
        """Take in records that somebody else has sent."""
        first = len(self.records[topic])
        self.records[topic] += [
            one._replace(offset=first + n, topic=topic) for n, one in enumerate(fetched)
        ]

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish records; they are in `records` afterwards."""
        asyncio.run(self.publisher.publish(outgoing))


#: Bytes that a topic takes as one record.
LIMIT = 10_000_000
LEGAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class MemoryStorage:
    """Files in memory, by the rules of elfaust/storage/base.py."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def write(self, path: str, data: bytes) -> None:
        """Write a file."""
        self.kept[path] = data

    def make_folder(self, path: str) -> None:
        """Make a folder: there is none without files."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        if path not in self.kept:
            raise FileNotFoundError(path)
        return self.kept[path]

    def read_part(self, path: str, start: int, length: int) -> bytes:
        """Return bytes of a file."""
        return self.read(path)[start : start + length]

    def rename(self, source: str, target: str) -> bool:
        """Rename a file unless the target exists or the source does not."""
        if source not in self.kept or target in self.kept:
            return False
        self.kept[target] = self.kept.pop(source)
        return True

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        return path in self.kept or any(self.walk(path))

    def list(self, path: str) -> list[str]:
        """Return the names in a folder."""
        prefix = path.rstrip("/") + "/"
        return sorted({p.removeprefix(prefix).partition("/")[0] for p in self.walk(path)})

    def folders(self, path: str) -> dict[str, int]:
        """Return the folders in a folder, none of which has ever changed."""
        return {name: 0 for name in self.list(path) if self.list(f"{path.rstrip('/')}/{name}")}

    def files(self, path: str) -> dict[str, int]:
        """Return the bytes of the files in a folder."""
        inside = {name: f"{path.rstrip('/')}/{name}" for name in self.list(path)}
        return {name: len(self.kept[of]) for name, of in inside.items() if of in self.kept}

    def count_folders(self, path: str) -> int:
        """Return how many folders there are below a folder."""
        inside = [f"{path.rstrip('/')}/{name}" for name in self.folders(path)]
        return len(inside) + sum(map(self.count_folders, inside))

    def walk(self, path: str) -> Any:
        """Yield the files below a folder."""
        prefix = path.rstrip("/") + "/"
        yield from sorted(p for p in self.kept if p.startswith(prefix))

    def delete(self, path: str) -> None:
        """Delete a file or a folder."""
        for file in [path, *self.walk(path)]:
            self.kept.pop(file, None)
