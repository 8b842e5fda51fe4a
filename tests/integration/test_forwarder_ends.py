"""A forwarder whose file ends: its worker ends with 0, and is not started again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from elfaust.settings import Settings
from tests.integration.running import working
from tests.integration.test_forwarding import in_kafka

NONE = dict.fromkeys(("processor", "mysql", "hdfs", "throughput"), 0)


def test_the_forwarder_of_a_file_ends_when_all_of_it_is_in_kafka(
    quick: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "events.log"
    file.write_text("1 EventLogging {}\n2 EventLogging {}\n")
    settings = replace(quick, forwarder=replace(quick.forwarder, source=str(file)))
    deadline = time.monotonic() + 40
    with working(settings, **NONE) as running:
        while not running.ended:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert running.ended == [f"forwarder has sent all of {file}; it does not start again"]
    assert sorted(asyncio.run(in_kafka(settings))) == [b"1 EventLogging {}", b"2 EventLogging {}"]
