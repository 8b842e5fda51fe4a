"""What `/ready/` says: whom a worker waits for, what is held, where elfaust failed itself."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust import boundary
from elfaust.workers.ready import register
from tests.stand_in import stand_in


async def answer(waits: list[str]) -> tuple[dict[str, Any], int]:
    """Return what the page of a worker answers, and its status, at either of its addresses."""
    pages: dict[str, Any] = {}

    async def names() -> list[str]:
        return []

    app = stand_in(
        page=lambda path, name: lambda page: pages.setdefault(path, page),
        role="mysql",
        readiness=SimpleNamespace(waits=waits),
        admin=SimpleNamespace(names=names),
        held=[lambda: ["table Edit_1 is locked"], list],
        run_beside=lambda look: None,
        lost=lambda: {"kernel": 2},
    )
    register(app)
    view = SimpleNamespace(json=lambda body, status: (body, status))
    found: tuple[dict[str, Any], int] = await pages["/ready/"](view, None)
    assert await pages["/-/ready"](view, None) == found
    since = found[0].pop("since")
    assert list(since) == [*waits, "table Edit_1 is locked"]
    assert all(time.time() - 10 < at <= time.time() for at in since.values())
    return found


async def test_a_worker_tells_what_it_holds_and_where_elfaust_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boundary, "_counted", {})
    body = {"role": "mysql", "ready": True, "waits_for": [], "unforeseen": {}, "unnamed": {}}
    body |= {"held": ["table Edit_1 is locked"], "lost": {"kernel": 2}}
    assert await answer([]) == (body, 200)
    monkeypatch.setattr(boundary, "_counted", {"consumer": 3})
    told, status = await answer(["MySQL: gone"])
    assert (told["ready"], told["waits_for"], status) == (False, ["MySQL: gone"], 503)
    assert told["unforeseen"] == {"consumer": 3}
