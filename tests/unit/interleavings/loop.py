"""An event loop whose time is its own, and whose order a seed draws.

Time passes when nothing is ready, and a little with each turn. What is ready runs in an order that
the seed draws, and some of it turns later. What asyncio promises is kept: a future's callbacks run
in their order, and so does what is scheduled for one object, as for a queue between threads.

A process of a worker is what was begun in its context: it may be frozen, as by SIGSTOP, or killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar
from typing import Any

#: The process that code runs in; "" outside of all, as where Kafka is.
PROCESS: ContextVar[str] = ContextVar("process", default="")
#: Longest time that a turn takes, seconds.
TURN_SECONDS = 0.0005


def thread_of(process: str) -> str:
    """Return what the thread of a process that talks to Kafka is called: it is frozen by itself."""
    return f"{process}/thread"


def numbered(this: Any) -> int:
    """Return the hash of an object that is made in a trial: sets are in the order of hashes.

    Python's own is made of the address, which another process has differently.
    """
    return _number(this, asyncio.get_event_loop())


def _number(this: Any, loop: asyncio.AbstractEventLoop) -> int:
    number: int | None = getattr(this, "_number", None)
    if number is None:
        number = loop.number() if isinstance(loop, SeededLoop) else id(this)
        this._number = number
    return number


class _Future(asyncio.Future[Any]):
    def __hash__(self) -> int:
        return _number(self, self._loop)


class _Task(asyncio.Task[Any]):
    def __hash__(self) -> int:
        return _number(self, self._loop)


class NothingHappens(AssertionError):
    """Nothing is ready, and no timer runs: all that waits, waits for ever."""


class _Waiting:
    """The selector: there is nothing to wait for but time."""

    def __init__(self, loop: SeededLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise NothingHappens
        self._loop.now += max(timeout, 0)
        return []


class SeededLoop(asyncio.BaseEventLoop):
    """A loop for one trial; `mixes` says how much of what is ready is mixed, 0 to 1."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.mixes = self.random.choice((0.0, 0.1, 0.5, 1.0))
        self.now = 1_000.0
        #: What tells two trials apart: how many turns there were, and when what ran in them.
        self.turns = 0
        self.course = hashlib.blake2b(digest_size=8)
        #: What has a place of its own in an order that is drawn.
        self.places: dict[object, float] = {}
        self._numbers = itertools.count(1)
        self._selector = _Waiting(self)
        self._late: list[asyncio.Handle] = []
        self._held: defaultdict[str, list[asyncio.Handle]] = defaultdict(list)
        self._frozen: set[str] = set()
        self._dead: set[str] = set()
        # Those of dead processes are kept, for what is in their `finally` must not run by chance.
        self._all: list[asyncio.Task[Any]] = []
        self.set_exception_handler(lambda *_: None)
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        """Return the loop's own time, seconds."""
        return self.now

    def number(self) -> int:
        """Return a number that nothing else of the trial has."""
        return next(self._numbers)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future, with a hash of the trial's own."""
        return _Future(loop=self)

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task = _Task(work, loop=loop, context=context)
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._all.append(task)
        return task

    def outside(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have something done outside of all processes."""
        return self.create_task(work, context=Context())

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Task[Any]:  # type: ignore[override]
        """Have done in the loop what would be done in a thread."""

        async def run() -> Any:
            await asyncio.sleep(self.random.random() * TURN_SECONDS)
            return func(*args)

        return self.create_task(run())

    def freeze(self, process: str) -> None:
        """Let nothing of a process run until it is thawed."""
        self._frozen.add(process)

    def thaw(self, process: str) -> None:
        """Let a process go on."""
        self._frozen.discard(process)
        self._late += self._held.pop(process, [])

    def is_frozen(self, process: str) -> bool:
        """Tell whether nothing of a process runs."""
        return process in self._frozen

    def kill(self, process: str) -> None:
        """End a process where it is."""
        for part in (process, thread_of(process)):
            self._dead.add(part)
            self._held.pop(part, None)

    def _process_events(self, event_list: Any) -> None: ...

    def _write_to_self(self) -> None: ...

    def _check_closed(self) -> None:
        """Let what is collected after the end schedule what it likes: it never runs."""

    def _run_once(self) -> None:
        self.turns += 1
        self.now += self.random.random() * TURN_SECONDS
        self._mix()
        super()._run_once()  # type: ignore[misc]

    def _mix(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        handles = [*self._late, *ready]
        self._late.clear()
        ready.clear()
        if self._frozen or self._dead:
            handles = [handle for handle in handles if self._runs(handle)]
        if len(handles) > 1 and self.random.random() < self.mixes:
            handles = self._in_drawn_order(handles)
            keep = self.random.randint(1, len(handles))
            self._late = handles[keep:]
            del handles[keep:]
        ready.extend(handles)
        names = (getattr(of._callback, "__qualname__", "") for of in handles)
        self.course.update(f"{self.now} {' '.join(names)}".encode())

    def _runs(self, handle: asyncio.Handle) -> bool:
        process = handle._context.get(PROCESS, "")  # type: ignore[attr-defined]
        if process in self._dead:
            return False
        if process in self._frozen:
            self._held[process].append(handle)
            return False
        return True

    def _in_drawn_order(self, handles: list[asyncio.Handle]) -> list[asyncio.Handle]:
        """Return handles mixed, those for the same future or object in their order."""
        places = list(range(len(handles)))
        self.random.shuffle(places)
        by_owner: defaultdict[int, list[int]] = defaultdict(list)
        for at, handle in enumerate(handles):
            by_owner[_owner(handle)].append(at)
        mixed: list[asyncio.Handle] = [handles[0]] * len(handles)
        for of_owner in by_owner.values():
            for place, at in zip(sorted(places[at] for at in of_owner), of_owner, strict=True):
                mixed[place] = handles[at]
        return mixed

    def end(self) -> None:
        """End all that still runs, and close the loop."""
        for task in self._all:
            if not task.done():
                with suppress(BaseException):
                    task.get_coro().close()
        self._ready.clear()  # type: ignore[attr-defined]
        self._scheduled.clear()  # type: ignore[attr-defined]
        self.close()


def _owner(handle: asyncio.Handle) -> int:
    callback, args = handle._callback, handle._args  # type: ignore[attr-defined]
    if args and isinstance(args[0], asyncio.Future):
        return id(args[0])
    return id(getattr(callback, "__self__", handle))
