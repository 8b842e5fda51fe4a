"""The plan of a campaign: which fault begins when, at what, and how long it lasts.

It is a function of a seed, of the campaign's length and of what there is to harm, and of nothing
else: the same seed gives the same plan again. What becomes of it depends on the machine.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

#: How a process ends or stops, each with its weight; one that freezes is thawed.
KILLED, FROZEN, STOPPED = "killed", "frozen", "told to stop"
WAYS = {KILLED: 0.62, FROZEN: 0.20, STOPPED: 0.18}
#: How many workers a fault is of, each with its weight.
AT_A_TIME = {1: 0.60, 2: 0.28, 3: 0.12}
#: Least and most seconds that a worker or a server is frozen.
FREEZE = (2.0, 14.0)
#: Least and most seconds until a server that was killed or stopped starts again.
AWAY = (1.0, 10.0)
#: Seconds between two faults of one server, in the mean, and at least.
SERVER_GAP, SERVER_REST = 50.0, 10.0
#: Seconds between two faults of tables and disks, in the mean.
OTHER_GAP = 14.0


class Other(NamedTuple):
    """A fault of a table, a disk or a server's mode: its weight, how long it lasts at least and at
    most (seconds), and whether it is one of a table."""

    weight: float
    least: float
    most: float
    of_table: bool = False


#: Faults besides those of processes and servers.
OTHERS = {
    "column of another type": Other(2, 5, 20, of_table=True),
    "column gone": Other(2, 5, 20, of_table=True),
    "table locked": Other(2, 5, 20, of_table=True),
    "MariaDB read-only": Other(1.5, 4, 12),
    "answer to COMMIT lost": Other(3, 1, 1),
    "HDFS folder full": Other(1, 5, 12),
    "NameNode in safe mode": Other(1, 5, 12),
    "disk of logs full": Other(1.5, 5, 20),
    "MariaDB's disk full": Other(1.5, 4, 10),
    "Kafka's disk full": Other(0.7, 4, 10),
    # What the table had is gone, and nothing else may be: it is seldom, and judged by that.
    "table dropped": Other(0.5, 0, 0, of_table=True),
}
#: Those of OTHERS that need a file system of their own, which root alone can mount.
MOUNTED = ("disk of logs full", "MariaDB's disk full", "Kafka's disk full")


class Harmed(NamedTuple):
    """What a campaign may harm: workers as `mysql-1`, servers, tables, and which of OTHERS."""

    workers: Sequence[str]
    servers: Sequence[str]
    tables: Sequence[str]
    others: Collection[str]


class Fault(NamedTuple):
    """A fault that begins `at` seconds after the campaign did and lasts some `seconds`.

    `targets` are workers, a server or a table; what has none is about the whole of its kind.
    """

    at: float
    kind: str
    targets: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        lasts = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:7.1f} s  {self.kind}: {' '.join(self.targets) or 'all'}{lasts}"


def plan(seed: int, seconds: float, harmed: Harmed, kills_a_minute: float) -> list[Fault]:
    """Return the faults of a campaign of so many seconds in their order; all end before it does.

    `kills_a_minute` is how many workers are killed a minute, in the mean; other faults of workers
    come in proportion.
    """
    # A source of chance for each: a server more does not change what becomes of the workers.
    faults = [*_of_workers(random.Random(f"{seed} workers"), seconds, harmed, kills_a_minute)]
    for server in harmed.servers:
        faults += _of_server(random.Random(f"{seed} {server}"), seconds, server)
    faults += _of_others(random.Random(f"{seed} others"), seconds, harmed)
    return sorted(faults)


def kinds(faults: Sequence[Fault]) -> Counter[str]:
    """Return how many faults there are of each kind; a worker is one each."""
    found = Counter[str]()
    for fault in faults:
        found[fault.kind] += len(fault.targets) or 1
    return found


def _of_workers(
    of: random.Random, seconds: float, harmed: Harmed, kills_a_minute: float
) -> Iterator[Fault]:
    if not harmed.workers or kills_a_minute <= 0:
        return
    most = len(harmed.workers)
    mean = sum(min(n, most) * weight for n, weight in AT_A_TIME.items())
    gap = 60.0 * WAYS[KILLED] * mean / kills_a_minute
    at = of.expovariate(1 / gap)
    while at < seconds:
        way, count = _drawn(of, WAYS), min(most, _drawn(of, AT_A_TIME))
        targets = tuple(sorted(of.sample(list(harmed.workers), count)))
        lasts = of.uniform(*FREEZE) if way == FROZEN else 0.0
        yield Fault(at, f"worker {way}", targets, min(lasts, seconds - at))
        at += of.expovariate(1 / gap)


def _of_server(of: random.Random, seconds: float, server: str) -> Iterator[Fault]:
    at = of.uniform(SERVER_REST, SERVER_GAP)
    while at < seconds - FREEZE[0]:
        way = _drawn(of, dict.fromkeys(WAYS, 1.0))
        lasts = of.uniform(*(FREEZE if way == FROZEN else AWAY))
        yield Fault(at, f"{server} {way}", (server,), min(lasts, seconds - at))
        at += lasts + SERVER_REST + of.expovariate(1 / (SERVER_GAP - SERVER_REST))


def _of_others(of: random.Random, seconds: float, harmed: Harmed) -> Iterator[Fault]:
    weights = {kind: other.weight for kind, other in OTHERS.items() if kind in harmed.others}
    if not harmed.tables:
        weights = {kind: w for kind, w in weights.items() if not OTHERS[kind].of_table}
    over = dict[str, float]()
    at = of.expovariate(1 / OTHER_GAP)
    while weights and at < seconds:
        kind = _drawn(of, weights)
        other, lasts = OTHERS[kind], of.uniform(OTHERS[kind].least, OTHERS[kind].most)
        targets = (of.choice(list(harmed.tables)),) if other.of_table else ()
        # Nothing is done to what something is done to already.
        what = targets[0] if targets else kind
        if over.get(what, 0.0) <= at:
            lasts = min(lasts, seconds - at)
            over[what] = at + lasts + 1.0
            yield Fault(at, kind, targets, lasts)
        at += of.expovariate(1 / OTHER_GAP)


def _drawn(of: random.Random, weights: Mapping[T, float]) -> T:
    return of.choices(list(weights), list(weights.values()))[0]
