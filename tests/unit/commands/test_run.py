"""elfaust run and up: where supervision fails, workers are stopped and the error is told."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from elfaust.commands import run, up
from elfaust.errors import SettingsError
from elfaust.settings import Settings
from elfaust.workers.supervisor import Supervisor


class Failure(Exception):
    """What nobody foresaw."""


async def endless() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    await asyncio.sleep(0)
    raise Failure


async def returns() -> int:
    await asyncio.sleep(0.01)
    return 7


async def test_a_job_ends_with_what_is_beside_it() -> None:
    assert await run.beside(returns(), endless()) == 7
    assert await run.beside(returns(), asyncio.sleep(0)) == 7
    with pytest.raises(Failure):
        await run.beside(endless(), endless(), fails())
    with pytest.raises(Failure):
        await run.beside(fails(), endless())
    assert len(asyncio.all_tasks()) == 1


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Have supervision fail; gives what notes that the workers were stopped."""
    stopped: list[bool] = []

    def fail(_: Supervisor) -> list[str]:
        raise Failure

    def stop(_: Supervisor) -> dict[str, int]:
        stopped.append(True)
        return {}

    monkeypatch.setattr(Supervisor, "claim", lambda _: None)
    monkeypatch.setattr(Supervisor, "start", lambda _: None)
    monkeypatch.setattr(Supervisor, "tick", fail)
    monkeypatch.setattr(Supervisor, "stop", stop)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return stopped


def test_up_ends_loudly_with_its_supervision(stopped: list[bool]) -> None:
    result = CliRunner().invoke(up.command, obj=Settings())
    assert isinstance(result.exception, Failure)
    assert (result.exit_code, stopped) == (1, [True])


@pytest.mark.parametrize("arguments", [[], ["--events", "5"]])
def test_run_ends_loudly_with_its_supervision(
    monkeypatch: pytest.MonkeyPatch, stopped: list[bool], arguments: list[str]
) -> None:
    server = SimpleNamespace(running=True)
    stack: Any = SimpleNamespace(status=lambda: [server], up=lambda: None)
    monkeypatch.setattr(run, "Stack", lambda *_: stack)
    for name in ("send", "landed", "_raw_lines"):
        monkeypatch.setattr(run, name, lambda *_: endless())
    result = CliRunner().invoke(run.command, arguments, obj=Settings())
    assert isinstance(result.exception, Failure)
    assert (result.exit_code, stopped) == (1, [True])


def test_run_beside_another_starts_no_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[bool] = []
    stack: Any = SimpleNamespace(up=lambda: started.append(True))
    monkeypatch.setattr(run, "Stack", lambda *_: stack)
    settings = replace(Settings(), workers=replace(Settings().workers, state=str(tmp_path)))
    other = Supervisor(settings, {})
    other.claim()
    result = CliRunner().invoke(run.command, obj=settings)
    other.stop()
    assert isinstance(result.exception, SettingsError)
    assert f"pid {os.getpid()}" in str(result.exception)
    assert not started
