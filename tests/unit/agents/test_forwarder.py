"""The forwarder's work: what waits and what is lost of its lines is among the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.agents import forwarder as agent
from elfaust.metrics.table import DATAGRAMS_LOST, LOSS_TIME, SPOOL_BYTES
from elfaust.metrics.values import values
from elfaust.settings import Settings
from tests.counted import counted
from tests.stand_in import stand_in


async def test_what_waits_and_what_is_lost_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forwards = stand_in(unsent=70, lost={"kernel": 3, "spool": 0}, held=[], stop=None)
    ran, beside, finished = list[Any](), list[Any](), list[str]()

    async def run(publisher: Any) -> None:
        ran.append(publisher)

    async def publisher() -> str:
        return "publisher"

    forwards.run = run
    monkeypatch.setattr(agent, "Forwarder", lambda settings, folder: forwards)

    async def finish(note: Callable[[], object]) -> None:
        (tmp_path / "forwarder").mkdir(exist_ok=True)
        note()
        finished.append((tmp_path / "forwarder" / "finished").read_text())

    worker = stand_in(
        settings=replace(Settings(), workers=replace(Settings().workers, state=str(tmp_path))),
        held=[],
        run_beside=beside.append,
        on_drain=lambda drain: None,
        publisher=publisher,
        draining=False,
        should_stop=False,
        finish=finish,
    )
    agent.register(worker)
    await beside[0]()
    assert (ran, finished) == (["publisher"], ["udp"])
    assert counted(SPOOL_BYTES) == {(): 70}
    assert counted(DATAGRAMS_LOST) == {("kernel",): 3}
    assert counted(LOSS_TIME) == {("kernel",): pytest.approx(time.time(), abs=60)}
    assert worker.lost() == {"kernel": 3}
    forwards.unsent, forwards.lost = 0, {"kernel": 4, "spool": 1}
    assert values().look().numbers[SPOOL_BYTES] == {(): 0}
    assert counted(DATAGRAMS_LOST) == {("kernel",): 4, ("spool",): 1}
    worker.draining = True
    await beside[0]()
    assert finished == ["udp"]
    assert not (tmp_path / "forwarder" / "finished").exists()
