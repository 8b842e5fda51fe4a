"""What `elfaust status` shows of workers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from elfaust.commands.status import show
from elfaust.workers.wellness import said_by

READY = {"ready": True, "waits_for": [], "held": [], "unforeseen": {}, "unnamed": {}}
WORKER = {"role": "mysql", "pid": 7, "web": "http://127.0.0.1:6067/"}


def shown(capsys: pytest.CaptureFixture[str], **ready: Any) -> str:
    show({"workers": [WORKER | READY | ready], "topics": [], "rows_written": {}})
    return capsys.readouterr().out


def test_a_worker_that_works_is_ready_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys) == "mysql        pid 7        http://127.0.0.1:6067/ ready\n"


def test_a_worker_that_failed_on_records_says_on_how_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = shown(capsys, held=["table a is locked"], unforeseen={"consumer": 3})
    assert line.endswith(
        "ready; table a is locked; elfaust failed on 3 records (consumer), see its log\n"
    )


@pytest.mark.parametrize("answer", [READY, {"ready": True}])
def test_an_answer_is_taken_as_it_is_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    monkeypatch.setattr(requests, "get", lambda *_, **__: SimpleNamespace(json=lambda: answer))
    silent = {**READY, "ready": False, "waits_for": ["an answer of its own"]}
    assert said_by("http://127.0.0.1:6067/") == (READY if answer == READY else silent)
