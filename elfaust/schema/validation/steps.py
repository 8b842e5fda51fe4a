"""How many steps a verdict may take: counted, never timed, so that the same event ends the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jsonschema import ValidationError

#: Steps of `jsonschema` on one value. A step is one keyword on one value, or one error that comes
#: out of it; large ones count more.
MAX_STEPS = 20_000
#: Keywords that may wait for each other's verdict. Python's own limit depends on who calls.
MAX_NESTED = 150
#: Members of a list or an object, or characters of an error's text, that count as a step.
A_STEP = 50

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class TooManySteps(Exception):
    """A verdict takes more steps than it may; the text is what takes them."""


class _Count:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit
        self.nested = 0

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooManySteps(f"more than {self.limit:,} steps")


_counting: ContextVar[_Count | None] = ContextVar("_counting", default=None)


@contextmanager
def limited(limit: int = MAX_STEPS) -> Iterator[None]:
    """Let validation within the block take so many steps; past them it raises TooManySteps."""
    before = _counting.set(_Count(limit))
    try:
        yield
    finally:
        _counting.reset(before)


def spend(steps: int) -> None:
    """Count steps that no keyword counts for itself."""
    count = _counting.get()
    if count is not None:
        count.spend(steps)


def counted(name: str, function: Keyword) -> Keyword:
    """Return a keyword of `jsonschema` whose steps count."""
    counting, is_type = _counting.get, name == "type"

    def keyword(
        validator: Any, value: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError] | None:
        count = counting()
        if count is None:
            return function(validator, value, instance, schema)
        if is_type and value.__class__ is str:
            # Most are: one step, with nothing within it.
            count.spend(1)
            return function(validator, value, instance, schema)
        count.spend(1 + (_size(value) + _size(instance)) // A_STEP)
        return _within(count, function(validator, value, instance, schema) or ())

    return keyword


def _within(count: _Count, errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    if count.nested == MAX_NESTED:
        raise TooManySteps(f"more than {MAX_NESTED} keywords within each other")
    count.nested += 1
    try:
        for error in errors:
            count.spend(1 + len(error.message) // A_STEP)
            yield error
    finally:
        count.nested -= 1


def _size(value: Any) -> int:
    return len(value) if isinstance(value, list | dict) else 0
