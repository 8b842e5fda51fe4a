"""A terminal that takes nothing, or is no longer there, holds up nobody."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from elfaust.dev import printer
from elfaust.dev.printer import Log, Printer


class Pipe:
    """A pipe in latin-1."""

    def __init__(self) -> None:
        self.end, to = os.pipe()
        self.to = open(to, "w", encoding="latin-1")  # noqa: PTH123, SIM115

    def read(self) -> bytes:
        return os.read(self.end, 100_000)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.end)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    monkeypatch.setattr(printer, "END_SECONDS", 0.05)
    pipe = Pipe()
    yield pipe
    pipe.close()
    pipe.to.close()


def test_what_a_terminal_has_no_character_for_is_escaped(pipe: Pipe) -> None:
    out = Printer(None, to=pipe.to)
    out.say("\x1b[31m\u041a\u0430 é\ud800")
    out.close()
    assert pipe.read() == rb"\u041a\u0430 " + b"\xe9" + b"\\ud800\n"


def test_warnings_are_printed_by_the_same_thread(pipe: Pipe) -> None:
    out = Printer(None, to=pipe.to)
    record = logging.makeLogRecord({"msg": "a %s", "args": ("b",)})
    Log(out).handle(record)
    out.close()
    assert pipe.read() == b"a b\n"


def test_what_is_not_taken_is_counted(pipe: Pipe) -> None:
    out = Printer(None, most=2, to=pipe.to)
    for _ in range(50):
        out.say("x" * 99_999)
    out.close()
    assert out._thread.is_alive()
    read = b""
    while b"more were not shown" not in read:
        read += pipe.read()
    shown = read.count(b"x\n")
    assert f"\n{50 - shown} more were not shown here".encode() in read
    assert shown < 50


def test_a_terminal_that_has_gone_ends_nothing(
    pipe: Pipe, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Printer(None, most=2, to=pipe.to)
    pipe.close()
    for _ in range(5):
        out.say("x")
    out.close()
    assert not out._thread.is_alive()
    assert "nothing more is shown here: " in capsys.readouterr().err
