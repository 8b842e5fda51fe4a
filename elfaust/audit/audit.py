"""The audit of the pipeline's promise: nothing lost, nothing twice, the same everywhere.

It reads all that there is, a lane at a time, and believes nobody: what each store must have is
worked out from the topic by a reading of its own (`reading` of elfaust/sinks/mysql and parquet). An
event that a role has not acknowledged yet waits; one that it has acknowledged must be there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import NamedTuple

from elfaust.audit.account import Account, account_of
from elfaust.audit.account_entries import PARQUET
from elfaust.audit.comparison import Comparison
from elfaust.audit.hive import findings_of, hive_status, missing_in
from elfaust.audit.topics import Scanned, lanes_of
from elfaust.delivery.lag import LagReader, LaneLag
from elfaust.delivery.patience import Patience
from elfaust.errors import ServerAway
from elfaust.overview.look import look
from elfaust.roles import SINKS
from elfaust.settings import Settings
from elfaust.sinks.audit_finding import Finding, some
from elfaust.sinks.base import Store
from elfaust.sinks.stores import enabled_stores

#: Called with how many of how many records were compared.
Tick = Callable[[int, int], None]


class Audit(NamedTuple):
    """What was found; `waiting` is how many records are not acknowledged yet, by role.

    `notes` are what people should know besides, of which nothing is wrong; `unwell` says why
    workers are not well.
    """

    account: Account
    findings: list[Finding]
    waiting: dict[str, int]
    notes: Sequence[Finding] = ()
    unwell: Sequence[str] = ()

    @property
    def incomplete(self) -> list[str]:
        """Why nobody can say yet that all is there; empty if somebody can."""
        return [
            *(f"{role} has {n} records before it" for role, n in self.waiting.items() if n),
            *self.unwell,
        ]


async def audit(settings: Settings, tick: Tick = lambda done, of: None) -> Audit:
    """Hold topics, tables, files, counts and offsets against each other, and Hive where it is on.

    Raises ServerAway when one of the servers does not answer.
    """
    stores = enabled_stores(settings)
    lags = [lag for lag in await _lags(settings) if lag.role in stores or lag.role not in SINKS]
    waiting: Counter[str] = Counter()
    for lag in lags:
        waiting[lag.role] += max(0, lag.end - lag.acknowledged)
    comparison, account, older = await _compared(settings, stores, lags, tick)
    findings, notes = [*_ahead(lags), *comparison.findings], [*comparison.notes]
    if older:
        notes.append(_older(older))
    elif not sum(waiting.values()):
        findings += [Finding("unbalanced", "account", 1, problem) for problem in account.problems]
    sick = list((await look(settings)).unwell)
    if settings.hive.metastore and PARQUET in stores:
        found, unseen = await asyncio.to_thread(_in_hive, settings)
        findings += found
        sick += [why for why in unseen if why not in sick]
    return Audit(account, findings, dict(waiting), notes, sick)


def _in_hive(settings: Settings) -> tuple[list[Finding], list[str]]:
    """Return what is wrong in Hive, and why nobody can say yet that all is there."""
    try:
        status = hive_status(settings, files=True)
    except ServerAway as away:
        # Nothing of it says anything of an event.
        return [], [f"hive waits for {away}"]
    missing = missing_in(status)
    return list(findings_of(status)), [f"hive has {missing} hours before it"] if missing else []


async def _compared(
    settings: Settings, stores: Mapping[str, Store], lags: list[LaneLag], tick: Tick
) -> tuple[Comparison, Account, dict[str, int]]:
    """Return what was found of all events, their account, and how many Kafka keeps no more.

    What the stores have is looked at before the ends of topics are: it may not be ahead of them.
    """
    done = 0
    with ExitStack() as opened:
        readers = {
            role: opened.enter_context(closing(await asyncio.to_thread(store.read)))
            for role, store in stores.items()
        }
        async with lanes_of(settings) as lanes:

            def count(lane: Scanned) -> None:
                nonlocal done
                done += len(lane.records)
                tick(done, lanes.records)

            for reader in readers.values():
                reader.begin(lanes.topics)
            comparison = Comparison(settings, lags, stores, readers, lanes.older)
            account = account_of(settings, comparison.watch(lanes, count), stores, readers)
            # In a thread and a loop of its own: it waits for lanes and for stores.
            return comparison, await asyncio.to_thread(asyncio.run, account), lanes.older


async def _lags(settings: Settings) -> list[LaneLag]:
    async with Patience(settings.kafka).one_step(), LagReader(settings) as reader:
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
