"""What the raw topic gets of a line: its name, its lane, and as much as the topic takes."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from elfaust.sources.forwarder import Forwarder
from elfaust.sources.sender import cleaned
from tests.unit.sources.kafka import Kafka, of


async def test_a_line_that_its_topic_does_not_take_is_cut(tmp_path: Path, kafka: Kafka) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(b"short\n" + b"x" * 1_000 + b"\nshort too\n")
    kafka.limit = 100
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    assert kafka.values == [b"short", b"x" * 100, b"short too"]


async def test_a_source_has_a_name_that_a_header_carries(
    tmp_path: Path, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "h:o\nst" + "é" * 300)
    file = tmp_path / ("a:b\x7f" + "é" * 60 + "x" * 100)
    file.write_bytes(b"one\n")
    await Forwarder(of(str(file)), tmp_path).run(kafka)
    [record] = kafka.lanes[0]
    assert record.source is not None
    assert re.fullmatch(r"[!-9;-~]{1,64}/[!-9;-~]{120}-[0-9a-f]{12}", record.source.name)
    assert cleaned("host.example", 64) == "host.example"
