"""The starts of a worker are kept for an hour, and no disk ends a worker."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings
from elfaust.workers import starts
from elfaust.workers.state import alive


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), workers=replace(Settings().workers, state=str(tmp_path)))


def test_starts_of_the_last_hour_are_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time()
    for ago in (7000, 3601, 3500, 60, 0):
        monkeypatch.setattr(time, "time", lambda ago=ago: began - ago)
        starts.note(settings, "mysql", 6069)
    assert starts.lately(settings, "mysql", 6069) == 3
    assert starts.lately(settings, "mysql", 6075) == 0
    assert alive(settings) == []


def test_starts_after_a_server_was_away_are_told_and_not_counted(settings: Settings) -> None:
    starts.note(settings, "mysql", 6069)
    assert starts.away(settings, "mysql", 6069) == ""
    starts.note_away(settings, "mysql", 6069, "Kafka k:1 is\nnot available")
    assert starts.away(settings, "mysql", 6069) == ""
    assert starts.away(settings, "mysql", 6069, ended=True) == "Kafka k:1 is not available"
    starts.note(settings, "mysql", 6069)
    assert starts.away(settings, "mysql", 6069) == "Kafka k:1 is not available"
    assert starts.lately(settings, "mysql", 6069) == 1
    # One that ends for something else is counted.
    starts.note(settings, "mysql", 6069)
    assert starts.lately(settings, "mysql", 6069) == 2
    assert starts.away(settings, "mysql", 6069) == ""


def test_the_file_does_not_grow_for_ever(settings: Settings, tmp_path: Path) -> None:
    for _ in range(starts.KEPT + 5):
        starts.note(settings, "mysql", 6069)
    assert starts.lately(settings, "mysql", 6069) == starts.KEPT
    [file] = (tmp_path / "starts").iterdir()
    file.write_text("no number\n")
    assert starts.lately(settings, "mysql", 6069) == 0


def test_a_disk_that_takes_nothing_is_only_told_of(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "starts").write_text("")
    starts.note(settings, "mysql", 6069)
    assert starts.lately(settings, "mysql", 6069) == 0
    assert "is not known" in caplog.text
