"""Where a spooled source goes on: by its checkpoint, or by what Kafka may have of it."""

from __future__ import annotations

from pathlib import Path

from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.spool import Spool
from elfaust.sources.spooled import SpooledSource


class Spooled(SpooledSource):
    """A source whose lines the test appends."""

    ended = True

    def __init__(self, folder: Path) -> None:
        super().__init__("test", Spool(folder))

    def append(self, line: bytes) -> None:
        self._spool.append(line)


def test_of_a_new_spool_kafka_has_nothing(tmp_path: Path) -> None:
    source = Spooled(tmp_path)
    checkpoint, sent = source.begin(None)
    assert not sent
    source.append(b"one")
    source.close()
    # A checkpoint may never have been saved: what was sent is to be found in Kafka.
    assert Spooled(tmp_path).begin(None) == (checkpoint, True)
    assert Spooled(tmp_path).begin(Checkpoint("0123456789ab", 9)) == (checkpoint, True)


def test_what_is_in_kafka_leaves_the_disk_and_its_positions_are_not_used_again(
    tmp_path: Path,
) -> None:
    source = Spooled(tmp_path)
    checkpoint, _ = source.begin(None)
    checkpoint.position = 100
    source.close()
    source = Spooled(tmp_path)
    assert source.begin(checkpoint) == (checkpoint, True)
    source.append(b"line")
    reading = source.read(checkpoint, 1_000)
    assert reading.lines == [(100, b"line")]
    assert [source.unsent(at) for at in (100, reading.position)] == [5, 0]
    source.forget(reading.position)
    assert source.read(checkpoint, 1_000).lines == reading.lines
    source.close()


def test_a_source_that_is_no_socket_loses_no_datagram(tmp_path: Path) -> None:
    source = Spooled(tmp_path)
    assert source.lost == {"kernel": 0, "spool": 0}
    source.close()
