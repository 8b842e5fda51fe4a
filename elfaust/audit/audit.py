"""The judge of the pipeline's promise: nothing lost, nothing twice, the same everywhere.

It reads all that there is, a lane at a time, and believes nobody: what each store must have is
worked out from the topic by a reading of its own (elfaust/auditing/). An event that a role has not
acknowledged yet waits; one that it has acknowledged must be there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import NamedTuple

from elfaust.audit.account import Account, Scanned, account_of
from elfaust.audit.files import listed, walked
from elfaust.audit.finding import Finding, some
from elfaust.audit.judge import Judge
from elfaust.audit.table import Rows
from elfaust.audit.topics import lanes_of
from elfaust.delivery.lag import LagReader, LaneLag
from elfaust.roles import SINKS
from elfaust.settings import Settings
from elfaust.sinks.parquet.commit_files import torn, unfinished
from elfaust.sinks.parquet.file_names import FileNames
from elfaust.storage import open_storage
from elfaust.workers.wellness import unwell

__all__ = ["Audit", "Finding", "audit"]

#: Files that are read at a time.
THREADS = 8
#: Called with how many of how many records were compared.
Tick = Callable[[int, int], None]


class Audit(NamedTuple):
    """What the judge found; `waiting` is how many records are not acknowledged yet, by role.

    `told` is what it says besides, of which nothing is wrong; `unwell` why workers are not well.
    """

    account: Account
    findings: list[Finding]
    waiting: dict[str, int]
    told: Sequence[Finding] = ()
    unwell: Sequence[str] = ()

    @property
    def incomplete(self) -> list[str]:
        """Why nobody can say yet that all is there; empty if somebody can."""
        return [
            *(f"{role} has {n} records before it" for role, n in self.waiting.items() if n),
            *self.unwell,
        ]


async def audit(settings: Settings, tick: Tick = lambda done, of: None) -> Audit:
    """Hold topics, tables, files, counts and offsets against each other.

    Raises ServerAway when one of the servers does not answer.
    """
    stores = settings.processor.stores.split()
    lags = [lag for lag in await _lags(settings) if lag.role in stores or lag.role not in SINKS]
    waiting: Counter[str] = Counter()
    for lag in lags:
        waiting[lag.role] += max(0, lag.end - lag.acknowledged)
    judge, account, older = await _judged(settings, lags, tick)
    findings = [*_ahead(lags), *judge.findings, *_left_over(settings)]
    if older:
        judge.told.append(_older(older))
    elif not sum(waiting.values()):
        findings += [Finding("unbalanced", "account", 1, problem) for problem in account.problems]
    sick = await asyncio.to_thread(unwell, settings)
    return Audit(account, findings, dict(waiting), judge.told, sick)


async def _judged(
    settings: Settings, lags: list[LaneLag], tick: Tick
) -> tuple[Judge, Account, dict[str, int]]:
    """Return the judge of all events, the account of them, and how many Kafka keeps no more.

    What the stores have is looked at before the ends of topics are: it may not be ahead of them.
    """
    done, storage, names = 0, open_storage(settings.hdfs), FileNames(settings)
    with ThreadPoolExecutor(THREADS) as threads:
        stores, paths = settings.processor.stores.split(), list[str]()
        if "hdfs" in stores:
            paths = await asyncio.to_thread(walked, storage, names, names.root, threads)
        with ExitStack() as open_while:
            rows = None
            if "mysql" in stores:
                rows = open_while.enter_context(
                    closing(await asyncio.to_thread(Rows, settings.mysql))
                )
            async with lanes_of(settings) as lanes:

                def count(lane: Scanned) -> None:
                    nonlocal done
                    done += len(lane.records)
                    tick(done, lanes.records)

                listing = listed(paths, lanes.topics, names)
                judge = Judge(settings, lags, rows, storage, listing, threads, lanes.older)
                watched = judge.watch(lanes, count)
                account = account_of(settings, watched, judge.files)
                # In a thread and a loop of its own: it waits for lanes, for MySQL and for files.
                return judge, await asyncio.to_thread(asyncio.run, account), lanes.older


async def _lags(settings: Settings) -> list[LaneLag]:
    async with LagReader(settings) as reader:
        return await reader.lanes()


def _ahead(lags: Iterable[LaneLag]) -> Iterator[Finding]:
    for lag in lags:
        if lag.acknowledged > lag.end:
            detail = f"acknowledged up to {lag.acknowledged}, the topic ends at {lag.end}"
            where = f"{lag.role} {lag.topic}/{lag.lane}"
            yield Finding("ahead", where, lag.acknowledged - lag.end, detail)


def _older(topics: dict[str, int]) -> Finding:
    detail = f"records that it keeps no more, of {some(topics)}: numbers cannot add up to them"
    return Finding("older", "Kafka", sum(topics.values()), detail)


def _left_over(settings: Settings) -> Iterator[Finding]:
    storage = open_storage(settings.hdfs)
    if "hdfs" not in settings.processor.stores.split():
        return
    if files := unfinished(storage, settings.hdfs.root):
        yield Finding("left over", "HDFS", len(files), some(files))
    for commit in torn(storage, settings.hdfs.root):
        yield Finding("unreadable", "HDFS", 1, str(commit))
