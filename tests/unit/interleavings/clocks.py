"""Puts a loop's own time in the place of all clocks: what took a moment longer changes no trial.

Clocks are found where code has them: in modules that have imported them, and as defaults of
functions and methods, which keep what they were when they were defined.
"""

from __future__ import annotations

import asyncio
import time as real
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType

import pytest

#: When trials begin, Unix seconds.
BEGAN = 1_795_000_000.0
#: Packages whose code runs in trials.
ROOMS = frozenset({"elfaust", "faust", "mode", "aiokafka"})
MONOTONIC = real.monotonic


def time() -> float:
    """Return the time of the loop that runs."""
    loop = asyncio._get_running_loop()
    return loop.time() if loop else MONOTONIC()


def date() -> float:
    """Return the time of day, Unix seconds, the same in each trial."""
    loop = asyncio._get_running_loop()
    return BEGAN + (loop.time() if loop else 0.0)


#: What takes the place of each clock.
CLOCKS: Mapping[object, Callable[[], float]] = {
    real.time: date,
    real.monotonic: time,
    real.perf_counter: time,
}


def faking_clocks(patch: pytest.MonkeyPatch, modules: Mapping[str, ModuleType]) -> None:
    """Have all code of trials see the loop's time, also what is imported in the midst of one."""
    for module in [module for name, module in modules.items() if name.partition(".")[0] in ROOMS]:
        for name, value in list(vars(module).items()):
            if _is_clock(value):
                patch.setattr(module, name, CLOCKS[value])
        for function in _functions(module):
            _fake_defaults(patch, function)
    for clock, fake in CLOCKS.items():
        patch.setattr(real, clock.__name__, fake)  # type: ignore[attr-defined]


def _is_clock(value: object) -> bool:
    return any(value is clock for clock in CLOCKS)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions and methods that a module has defined."""
    for of in list(vars(module).values()):
        if getattr(of, "__module__", None) != module.__name__:
            continue
        for function in (of, *vars(of).values()) if isinstance(of, type) else (of,):
            function = getattr(function, "__wrapped__", function)
            if isinstance(function, FunctionType):
                yield function


def _fake_defaults(patch: pytest.MonkeyPatch, function: FunctionType) -> None:
    defaults, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    if any(map(_is_clock, defaults)):
        fake = tuple(CLOCKS[of] if _is_clock(of) else of for of in defaults)
        patch.setattr(function, "__defaults__", fake)
    for name, of in named.items():
        if _is_clock(of):
            patch.setitem(named, name, CLOCKS[of])
