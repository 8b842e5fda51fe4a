"""A batch: the records that one fetch brought from one lane of a topic, decoded lazily, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from elfaust.types import Record

T = TypeVar("T")

#: Header of every produced record: `<topic>:<offset>` of the record that it was made from, in the
#: same lane. See docs/architecture.md, "Lanes".
SOURCE_HEADER = "source"


def source_header(source: str, position: int) -> list[tuple[str, bytes]]:
    """Return the headers that carry a record's source position; none where it has no source."""
    return [(SOURCE_HEADER, b"%s:%d" % (source.encode(), position))] if source else []


class Batch(Generic[T]):
    """The fetched records of one topic and lane, oldest first.

    `records` is what the hot path uses: bytes and positions, no decoding. Iterating gives the
    values as `model` instances (see models/), each decoded when it is asked for.
    """

    def __init__(self, model: type[T] | None, fetched: Sequence[Any]) -> None:
        self.model = model
        self._fetched = fetched

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[T]:
        model: Any = self.model
        for record in self.records:
            yield model.loads(record.value)

    @cached_property
    def records(self) -> list[Record]:
        """The records with their source positions, as the sinks take them."""
        names: dict[bytes, str] = {}
        # What was fetched goes: it takes more memory than the records.
        fetched, self._fetched = self._fetched, ()
        return [_record(record, names) for record in fetched]

    @property
    def size(self) -> int:
        """Bytes of the records' values."""
        return sum(len(record.value) for record in self.records)


def _record(fetched: Any, names: dict[bytes, str]) -> Record:
    for key, value in fetched.headers:
        if key == SOURCE_HEADER:
            source, _, position = value.rpartition(b":")
            name = names.get(source)
            if name is None:
                name = names[source] = source.decode()
            return Record(
                fetched.value or b"", fetched.offset, fetched.timestamp, name, int(position)
            )
    return Record(fetched.value or b"", fetched.offset, fetched.timestamp, "", -1)
