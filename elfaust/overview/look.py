"""Asks the workers of this machine, all at once, and remembers what those said that are silent.

overview = await look(settings)         once, for a command
watch = Watch(settings)                 beside a worker: `run` asks again and again while
overview = await watch.current()        somebody looks, and now and then while nobody does
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from urllib.parse import urlencode

import aiohttp

from elfaust.overview import worker_said
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import WorkerSaid, read
from elfaust.roles import running
from elfaust.settings import Settings, state_folder
from elfaust.sources import finished
from elfaust.workers.state import WorkerState, alive

log = logging.getLogger(__name__)

#: Seconds between two looks while somebody wants to know, for so long after the last time, and
#: else: what a worker says costs it, and us, more than a batch.
LOOK_SECONDS, WATCHED_SECONDS, IDLE_SECONDS = 5.0, 30.0, 60.0
#: Longest that somebody waits for a look, when the last one is older than a few seconds.
WAIT_SECONDS = 1.0
#: Longest wait for a worker's word; it may itself ask Kafka for two of them.
ANSWER_SECONDS = 4.0
#: The metrics that are asked for.
METRICS = urlencode([("name[]", name) for name in worker_said.METRICS])
#: Longest answer that is read, bytes.
ANSWER_BYTES = 20_000_000


class Watch:
    """What the workers of this machine have last said."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._said: dict[tuple[int, int], WorkerSaid] = {}
        self._roles = running(settings.processor.stores, asked=settings.asked)
        #: None until the first look is over.
        self.overview: Overview | None = None
        self._watched_until = -inf
        self._wanted, self._looked = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Look again and again, until cancelled; no failure of it ends a worker."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("What stands now is not known: %r", error)
            self._looked.set()
            if time.monotonic() < self._watched_until:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), IDLE_SECONDS)
            self._wanted.clear()

    async def current(self) -> Overview | None:
        """Return what stands now, for somebody who looks at it, while `run` runs.

        Where nobody has looked lately it waits a moment for the next look. None where nothing is
        known yet.
        """
        self._watched_until = time.monotonic() + WATCHED_SECONDS
        self._wanted.set()
        known = self.overview
        if known is None or not 0 <= self._clock() - known.looked < 2 * LOOK_SECONDS:
            self._looked.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looked.wait(), WAIT_SECONDS)
        return self.overview

    async def look(self) -> Overview:
        """Ask all workers at once."""
        began = self._clock()
        workers = await asyncio.to_thread(alive, self._settings)
        async with aiohttp.ClientSession() as session:
            said = await asyncio.gather(*(self._ask(session, worker) for worker in workers))
        # Of a worker that is gone nothing is left: its lanes are another's.
        self._said = {
            (worker.pid, worker.started): one for worker, one in zip(workers, said, strict=True)
        }
        self.overview = Overview(began, self._expected(said), tuple(said))
        return self.overview

    def _expected(self, said: Sequence[WorkerSaid]) -> tuple[str, ...]:
        """Return the roles that should run: no forwarder of a source that is forwarded."""
        folder = state_folder(self._settings) / "forwarder"
        over = finished.is_finished(folder, self._settings.forwarder.source)
        if not over or any(worker.role == "forwarder" for worker in said):
            return self._roles
        return tuple(role for role in self._roles if role != "forwarder")

    async def _ask(self, session: aiohttp.ClientSession, worker: WorkerState) -> WorkerSaid:
        now = self._clock()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                # Metrics first: a wait that begins in between is in the later word.
                metrics = await _text(session, f"{worker.web}metrics?{METRICS}")
                ready = json.loads(await _text(session, f"{worker.web}-/ready"))
            return read(worker, ready, metrics, now)
        except TimeoutError:
            return self._silent(worker, f"no answer within {ANSWER_SECONDS:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return self._silent(worker, str(error) or type(error).__name__)
        except Exception as error:
            # Whatever it says: of the others it says nothing.
            return self._silent(worker, f"it says what no worker says: {error}")

    def _silent(self, worker: WorkerState, error: str) -> WorkerSaid:
        before = self._said.get((worker.pid, worker.started))
        if before is None:
            state = "silent" if worker.ready else "starting"
            return WorkerSaid(worker.role, worker.pid, worker.web, state, error=error)
        return replace(before, state="silent", error=error)


async def all_metrics(workers: Iterable[WorkerState]) -> list[str | None]:
    """Return the text of `/metrics` of each worker, None where it has none in time."""

    async def ask(session: aiohttp.ClientSession, worker: WorkerState) -> str | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _text(session, f"{worker.web}metrics", {200})
        except (aiohttp.ClientError, OSError, ValueError):
            return None

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(ask(session, worker) for worker in workers))


async def _text(
    session: aiohttp.ClientSession, address: str, statuses: Collection[int] = (200, 503)
) -> str:
    """Return a page of a worker; whatever answers in its place, it ends by its length."""
    async with session.get(address, allow_redirects=False) as answer:
        if answer.status not in statuses:
            raise ValueError(f"status {answer.status}")
        body = await answer.content.read(ANSWER_BYTES)
        while not answer.content.at_eof():
            if len(body) >= ANSWER_BYTES:
                raise ValueError(f"more than {ANSWER_BYTES} bytes")
            body += await answer.content.read(ANSWER_BYTES)
        return body.decode()


async def look(settings: Settings) -> Overview:
    """Ask the workers of this machine once."""
    return await Watch(settings).look()
