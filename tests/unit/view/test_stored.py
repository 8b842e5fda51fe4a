"""What the stores have of an event, and what is said where they do not answer."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings
from elfaust.view import stored
from elfaust.view.seen import Seen, seen
from elfaust.view.stored import NO_ANSWER, NO_FILE, Stored, file_of
from tests.browser.view_served import ERRORS, Served


def local(settings: Settings, folder: Path) -> Settings:
    return replace(settings, hdfs=replace(settings.hdfs, storage="local", root=str(folder)))


def test_an_event_without_a_file_is_told_so(made: Served, tmp_path: Path) -> None:
    settings = local(made.settings, tmp_path)
    assert file_of(settings, seen(made.event(), ERRORS)).why == NO_FILE
    nowhere = replace(
        settings, hdfs=replace(settings.hdfs, storage="webhdfs", url="http://127.0.0.1:1")
    )
    assert "is not available" in file_of(nowhere, seen(made.event(), ERRORS)).why


async def test_a_store_that_hangs_is_an_answer_and_one_that_is_not_used_none(
    made: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()

    def hangs(settings: Settings, one: Seen) -> stored.File:
        hanging.wait(10)
        return stored.File("")

    monkeypatch.setattr(stored, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(stored, "file_of", hangs)
    event, error = seen(made.event(), ERRORS), seen(made.error(), ERRORS)
    asked = Stored(made.settings)
    file = await asked.file(event)
    hanging.set()
    assert file is not None
    assert file.why == NO_ANSWER
    assert await asked.file(error) is None
    processor = replace(made.settings.processor, stores="mysql")
    assert await Stored(replace(made.settings, processor=processor)).file(event) is None
    await asyncio.to_thread(asked._threads.shutdown)
