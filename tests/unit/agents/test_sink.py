"""The agent of every sink: the sink of the worker's role, once its server has answered."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.agents import sink as agent
from elfaust.roles import SINKS
from elfaust.settings import Settings
from tests.stand_in import stand_in


@pytest.mark.parametrize("role", SINKS)
def test_a_role_writes_with_its_own_sink(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attached: list[Any] = []
    monkeypatch.setattr(agent, "attach_sink", lambda worker, sink: attached.append(sink))
    agent.register(stand_in(role=role, settings=Settings()))
    [sink] = attached
    assert type(sink).__module__.startswith("elfaust.sinks.")
    assert isinstance(sink.server, str)
