"""Whether all of a forwarder's source is in Kafka."""

from __future__ import annotations

from pathlib import Path

from elfaust.sources import finished


def test_a_source_is_finished_until_a_forwarder_begins(tmp_path: Path) -> None:
    assert not finished.is_finished(tmp_path / "none", "events.log")
    finished.note(tmp_path, "events.log")
    assert finished.is_finished(tmp_path, "events.log")
    assert not finished.is_finished(tmp_path, "other.log")
    finished.forget(tmp_path)
    finished.forget(tmp_path)
    assert not finished.is_finished(tmp_path, "events.log")
