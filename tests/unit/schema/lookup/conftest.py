"""The wiki that tests of look-ups ask, and pauses that a test can wait for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from elfaust.schema.lookup import background
from tests.unit.schema.lookup.played import Wiki, serving


@pytest.fixture
async def wiki() -> AsyncIterator[Wiki]:
    served = Wiki()
    async with serving(served):
        yield served


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gave no answer is asked for again soon."""
    monkeypatch.setattr(background, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(background, "MAX_PAUSE_SECONDS", 0.1)
