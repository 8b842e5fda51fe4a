"""A new kind of source is a class and a line in the table: the forwarder knows no kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.errors import CheckpointTorn
from elfaust.settings import Forwarder as ForwarderSettings
from elfaust.settings import Settings
from elfaust.sources import kinds
from elfaust.sources.base import LineSource, Start
from elfaust.sources.checkpoint import Checkpoint
from elfaust.sources.file import FileSource
from elfaust.sources.forwarder import Forwarder
from elfaust.sources.lines import Located, Reading
from elfaust.sources.stdin import StdinSource
from elfaust.sources.udp import UdpSource
from tests.unit.sources.kafka import Kafka, of


class Countdown(LineSource):
    """Ten numbered lines of one byte."""

    ended = True

    def __init__(self, settings: ForwarderSettings, folder: Path) -> None:
        self.name = "countdown"

    def begin(self, known: Checkpoint | None) -> Start:
        return Start(known or Checkpoint(), known is not None)

    def read(self, checkpoint: Checkpoint, size: int) -> Reading:
        lines = [Located(n, b"%d" % (9 - n)) for n in range(checkpoint.position, 10)][:3]
        return Reading(lines, checkpoint.position + len(lines))

    def close(self) -> None:
        pass


async def test_a_source_of_the_table_is_forwarded_and_goes_on_at_its_checkpoint(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.KINDS, "countdown", Countdown)
    for _ in range(2):
        await Forwarder(of("countdown"), tmp_path).run(kafka)
        assert kafka.values == [b"%d" % n for n in reversed(range(10))]
    (tmp_path / "countdown.checkpoint.json").write_bytes(b"")
    with pytest.raises(CheckpointTorn):
        Forwarder(of("countdown"), tmp_path)


def test_the_setting_chooses_the_kind(tmp_path: Path) -> None:
    expected = {"udp": UdpSource, "stdin": StdinSource, "-": StdinSource, "/x.log": FileSource}
    for source, kind in expected.items():
        opened = kinds.open_source(of(source).forwarder, tmp_path)
        assert type(opened) is kind
        opened.close()


def test_files_of_one_name_in_two_folders_are_two_sources() -> None:
    forwarder = Settings().forwarder
    names = {FileSource(Path(path), forwarder.follow, 0.0).name for path in ("/a/x", "/b/x")}
    assert len(names) == 2
