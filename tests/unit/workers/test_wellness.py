"""A worker that waits, holds events or says nothing is not well."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from elfaust.settings import Settings
from elfaust.workers.wellness import unwell

READY = {"ready": True, "waits_for": [], "held": [], "unforeseen": {}, "unnamed": {}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (READY, []),
        ({**READY, "unforeseen": {"consumer": 3}}, []),
        ({**READY, "ready": False, "waits_for": ["a", "b"]}, ["mysql waits for a; b"]),
        ({**READY, "held": ["table t is locked"]}, ["mysql holds events: table t is locked"]),
        ({}, ["mysql waits for an answer of its own"]),
    ],
)
def test_what_is_not_well(
    monkeypatch: pytest.MonkeyPatch, answer: Mapping[str, Any], said: list[str]
) -> None:
    worker = SimpleNamespace(role="mysql", web="http://127.0.0.1:1/")
    monkeypatch.setattr("elfaust.workers.wellness.alive", lambda settings: [worker])
    monkeypatch.setattr(requests, "get", lambda *_, **__: SimpleNamespace(json=lambda: answer))
    assert unwell(Settings()) == said
