"""One line, one verdict: the schema wiki away and back while processors are killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from elfaust.audit.audit import audit
from elfaust.settings import Settings
from elfaust.trial.job import landed
from tests.chaos.trial import PATIENCE, Load, Outcome, lags, until, workers_of
from tests.chaos.verdicts import asking, moody, outcomes, sending
from tests.integration.running import working

RATE = 400.0
#: Least and most seconds between two kills.
BETWEEN = (1.0, 9.0)
NO_OTHERS = {"forwarder": 0, "mysql": 0, "hdfs": 0, "throughput": 0}


def machines(settings: Settings, folder: Path, separate: bool) -> list[tuple[Settings, int]]:
    """Return the settings and number of processors of each machine: two of one, or one of two."""
    if not separate:
        return [(settings, 2)]
    other = replace(
        settings,
        workers=replace(settings.workers, state=str(folder / "other")),
        web=replace(settings.web, port=settings.web.port + 50),
    )
    return [(settings, 1), (other, 1)]


def trial(
    settings: Settings,
    folder: Path,
    kills: int,
    seed: int,
    fault: str,
    *,
    separate: bool,
    audited: bool = True,
) -> Outcome:
    """Kill processors so often, the wiki away and back meanwhile; return what became of the lines.

    If it is `audited` the other roles then take what there is, and the judge says whether it
    balances.
    """
    settings, wiki = asking(settings, folder)
    settings = replace(
        settings,
        # Commits are few: what is judged again after a kill is much.
        kafka=replace(settings.kafka, commit_interval=2.0),
        workers=replace(settings.workers, backoff_max_seconds=1.0),
    )
    where, load = machines(settings, folder, separate), Load(settings, RATE, sending(seed))
    with wiki.running(), ExitStack() as workers:
        with moody(wiki, seed), load.running():
            ran = [
                workers.enter_context(working(of, **NO_OTHERS, processor=count))
                for of, count in where
            ]
            kill([of for of, _ in where], kills, seed)
            sent = load.stop()
        undone = time.monotonic()
        until(lambda: not behind(settings), "all is settled")
        recovery = time.monotonic() - undone
        codes, wrong = outcomes(settings)
        print(f"{sent} lines: {dict(codes)}; of the wiki {wiki.asked.total()} questions")
        other = [f"{what}: {line}" for what, lines in wrong.items() for line in lines[:5]]
        ended = [line for running in ran for line in running.ended]
        other += [line for line in ended if "signal SIGKILL" not in line]
        other += found_by_audit(settings, sent) if audited else []
    assert codes["event"]
    # A short trial may end before anything is given up.
    assert codes["unresolved"] or not audited
    assert len(ended) >= kills
    return Outcome(fault, kills, sent, len(wrong["none"]), len(wrong["two"]), other, recovery)


def kill(machines: list[Settings], kills: int, seed: int) -> None:
    """Kill processors at random, each once it has its lanes."""
    chance = random.Random(seed)
    for _ in range(kills):
        there = partial(workers_of, chance.choice(machines), "processor")
        os.kill(chance.choice(until(there, "a processor is ready")).pid, signal.SIGKILL)
        time.sleep(chance.uniform(*BETWEEN))


def found_by_audit(settings: Settings, sent: int) -> list[str]:
    """Run the other roles on all that there is; return what the audit then finds wrong."""
    with working(settings, forwarder=0, processor=0):
        asyncio.run(landed(settings, sent, timeout=PATIENCE))
        findings = asyncio.run(audit(settings)).findings
    return [f"{found.kind} {found.where}: {found.detail}" for found in findings]


def behind(settings: Settings) -> int:
    """Return how many lines the processors have not acknowledged."""
    return sum(lag.lag for lag in lags(settings) if lag.role == "processor")


@pytest.mark.timeout(300)
def test_a_line_has_one_outcome_however_the_wiki_is_and_whatever_is_killed(
    quick: Settings, tmp_path: Path, note: Callable[[Outcome], None]
) -> None:
    fault = "wiki away, processors killed, short"
    note(trial(quick, tmp_path, 3, 3, fault, separate=True, audited=False))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("separate", [False, True], ids=["one machine", "two machines"])
def test_a_line_has_one_outcome_for_long(
    quick: Settings, tmp_path: Path, note: Callable[[Outcome], None], separate: bool
) -> None:
    fault = f"wiki away, processors of {'two machines' if separate else 'one machine'} killed"
    note(trial(quick, tmp_path, 18, 11 + separate, fault, separate=separate))
