"""The log as text and as JSON: one object a line, bounded, masked."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from elfaust.logs.formats import LONGEST, JsonFormat, TextFormat, shortened


def record(message: str = "m", error: BaseException | None = None, **extra: Any) -> Any:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("elfaust.x", logging.ERROR, "x.py", 1, message, (), info)
    vars(made).update(extra)
    return made


def test_a_record_is_one_object_with_what_it_is_about() -> None:
    line = JsonFormat("mysql").format(record("two\nlines", topic="t", lane=3, offset=9, schema="E"))
    shown = json.loads(line)
    assert "\n" not in line
    assert shown.pop("time").endswith("Z")
    assert shown.pop("worker") > 0
    assert shown == {
        "level": "error",
        "role": "mysql",
        "logger": "elfaust.x",
        "message": "two\nlines",
        "topic": "t",
        "lane": 3,
        "offset": 9,
        "schema": "E",
    }


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("client 203.0.113.9 sent it")
    except ValueError as error:
        found = record(error=error)
    for line in (
        json.loads(JsonFormat("x").format(found))["exception"],
        TextFormat().format(found),
    ):
        assert "Traceback" in line
        assert "203.0.113.9" not in line


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "\x00" * 100_000, "\ud800é" * 50_000, '"\\' * 9_000]
)
def test_no_line_is_longer_than_8_kb(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        found = logging.LogRecord("x", logging.ERROR, "x", 1, text, (), sys.exc_info())
    line = JsonFormat("x").format(found)
    assert json.loads(line)["level"] == "error"
    assert len(line.encode()) <= LONGEST
    assert len(TextFormat().format(found).encode()) <= LONGEST


def test_what_is_too_long_keeps_its_beginning_and_its_end() -> None:
    text = "begin " + "x" * 1_000 + " end"
    assert shortened(text, 100).startswith("begin")
    assert shortened(text, 100).endswith(" end")
    assert shortened("short", 100) == "short"


def test_no_text_looks_like_a_record_or_controls_a_terminal() -> None:
    forged = "[2026-11-26 10:00:00,000] [1] [ERROR]: forged"
    try:
        raise ValueError(f"x\n{forged}\n\n{forged}")
    except ValueError as error:
        found = record(f"a\x1b[2J\r{forged}\n{forged}\x9b\u202e\tb", error)
    text = TextFormat().format(found)
    assert [line.startswith("[") for line in text.splitlines()].count(True) == 1
    assert all(char.isprintable() or char in "\n\t" for char in text)
    assert text.count(": forged") >= 4
    assert "a\\x1b[2J\\r[2026" in text
    assert "\tb\nTraceback" in text
