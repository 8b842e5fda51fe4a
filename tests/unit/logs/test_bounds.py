"""A flood of one kind is a line a second, with how many there were; all others are logged."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

import pytest

from elfaust.logs import bounds
from elfaust.logs.bounds import Bounded


class Played:
    """A handler with a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.out = io.StringIO()
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.handler = Bounded(self.out, lambda: self.now, lambda *call: self.later.append(call))

    def log(self, message: str, *args: object, level: int = logging.ERROR) -> None:
        self.handler.handle(logging.LogRecord("x", level, "x", 1, message, args, None))

    def pass_on(self) -> None:
        [(seconds, call)] = self.later
        self.later.clear()
        self.now += seconds
        call()

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()


def test_of_a_flood_each_second_has_one_line_with_its_number() -> None:
    played = Played()
    for n in range(500):
        played.log("bad line %d", n)
    assert played.lines == ["bad line 0"]
    played.pass_on()
    assert played.lines[1:] == ["bad line 499 (and 498 more like it)"]
    played.log("bad line %d", 7)
    played.pass_on()
    assert played.lines[2:] == ["bad line 7"]


def test_another_kind_and_what_is_no_warning_are_logged_at_once() -> None:
    played = Played()
    played.log("a")
    played.log("b")
    for _ in range(3):
        played.log("c", level=logging.INFO)
    assert played.lines == ["a", "b", "c", "c", "c"]
    played.now = 5.0
    played.log("a")
    assert played.lines[5:] == ["a"]


def test_a_message_that_is_but_a_place_is_known_by_what_is_put_there() -> None:
    played = Played()
    for table in ("a", "b", "a"):
        played.log("%s", f"table {table} is locked")
    assert played.lines == ["table a is locked", "table b is locked"]


def test_nothing_is_forgotten_at_the_end_or_when_there_are_too_many_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MAX_KINDS", 1)
    played = Played()
    for message in ("a", "a", "a", "b", "b"):
        played.log(message)
    assert played.lines == ["a", "a (and 1 more like it)", "b"]
    played.handler.close()
    assert played.lines[3:] == ["b"]
