"""A campaign: every fault drawn at random, overlapping, under load, and the judges at its end.

Two machines have workers, each with a supervisor and a state folder of its own; both use the same
servers.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from elfaust import roles
from elfaust.audit.audit import audit
from elfaust.audit.hive import in_hive
from elfaust.devstack.server import Server
from elfaust.devstack.stack import Stack
from elfaust.settings import Settings, as_environ
from elfaust.trial.job import landed
from elfaust.trial.recorded import cases
from tests.chaos.book import Book
from tests.chaos.faults import Faults
from tests.chaos.harm import ROOM, Harm, disk
from tests.chaos.mixed_lines import Lines, Schemas
from tests.chaos.mixed_load import load, to_forwarder, to_intake
from tests.chaos.own_count import Verdict, judge
from tests.chaos.plan import MOUNTED, OTHERS, Harmed, plan
from tests.chaos.proxy import CommitLoser
from tests.chaos.trial import KINDS, acknowledged, until
from tests.chaos.wiki_process import wiki_server
from tests.integration.running import READERS, Running, working

#: Web ports of the second machine's workers, and the port of the wiki, after the first's.
SECOND, WIKI = 300, 290
#: Seconds without any progress after which what was sent is not going to land.
PATIENCE = 240.0


@dataclass
class Mixed:
    """What a campaign came to."""

    seed: int
    minutes: float
    verdict: Verdict
    #: Faults by kind that there were; a worker is one each.
    faults: Counter[str]
    #: Rows that were in tables which were dropped, and that nothing brought again.
    dropped: int
    #: Seconds from the end of faults and load until all had landed.
    recovery: float
    failed: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(n for kind, n in self.faults.items() if kind.endswith(" killed"))

    @property
    def wrong(self) -> list[str]:
        """What is not as promised; empty if all is."""
        of = self.verdict
        sums = {"lost": of.lost, "twice": of.twice, "counts off": of.counts_off}
        found = [f"{n} {what}" for what, n in sums.items() if n]
        return [*found, *of.told, *of.other, *self.failed]


@dataclass(frozen=True)
class Wanted:
    """What is asked of a campaign."""

    seed: int
    minutes: float
    #: Workers that are killed a minute, lines a second, workers of a role.
    kills: float = 24.0
    rate: float = 200.0
    workers: int = 2
    #: Faults that are not drawn.
    without: tuple[str, ...] = ()


def settings_of(base: Settings, folder: Path) -> Settings:
    """Return settings of the first machine's workers, whose state and schemas are in `folder`."""
    web = replace(base.web, port=base.web.port + 100)
    schemas = replace(
        base.schemas,
        folder=str(folder / "schemas"),
        wiki_url=f"http://127.0.0.1:{web.port + WIKI}/w/api.php",
        wiki_timeout=0.5,
        negative_ttl=2.0,
    )
    return replace(
        base,
        web=web,
        schemas=schemas,
        processor=replace(base.processor, unresolved_seconds=3.0),
        mysql=replace(base.mysql, timeout=5.0),
        hdfs=replace(base.hdfs, timeout=5.0, flush_seconds=5.0),
        kafka=replace(base.kafka, request_timeout=10.0, publish_timeout=20.0),
        intake=replace(base.intake, on=True),
        forwarder=replace(base.forwarder, source=str(folder / "raw.log"), follow=True),
        workers=replace(base.workers, state=str(folder / "workers"), backoff_max_seconds=1.0),
    )


def harmed(settings: Settings, servers: Sequence[Server], wanted: Wanted) -> Harmed:
    """Return what a campaign harms; without root's rights no disk gets full."""
    several = [f"{role}-{n}" for role in READERS for n in range(wanted.workers)]
    alone = [f"{role}-0" for role in ("forwarder", "intake", "hive") if role in _runs(settings)]
    others = [kind for kind in OTHERS if kind not in MOUNTED or os.geteuid() == 0]
    others = [kind for kind in others if kind not in wanted.without]
    keys = sorted({line.key for line in cases()[0]})
    tables = [f"{key.schema}_{key.revision}" for key in keys]
    return Harmed([*several, *alone], [*(s.name for s in servers), "wiki"], tables, others)


def _runs(settings: Settings) -> Collection[str]:
    return roles.running(settings.processor.stores, asked=settings.asked)


def run(
    settings: Settings,
    stack: Stack,
    more: Sequence[Server],
    folder: Path,
    wanted: Wanted,
    tell: Callable[[str], None],
) -> Mixed:
    """Run a campaign on servers that run, those of the stack and `more`, such as Hive's.

    `tell` gets a line about each fault.
    """
    schemas, book = Schemas(folder, wanted.seed), Book()
    Path(settings.forwarder.source).touch()
    of = harmed(settings, [*stack.servers, *more], wanted)
    faults = plan(wanted.seed, wanted.minutes * 60.0, of, wanted.kills)
    (folder / "plan.txt").write_text("".join(f"{fault}\n" for fault in faults))
    wiki = wiki_server(folder, settings.web.port + WIKI)
    with ExitStack() as opened:
        way = opened.enter_context(CommitLoser(settings.mysql.host, settings.mysql.port).running())
        harm = Harm(settings, way)
        opened.enter_context(own_disks(harm, stack, of.others))
        wiki.start()
        opened.callback(wiki.stop)
        wiki.wait_ready(30)
        (folder / "logs").mkdir(exist_ok=True)
        with ExitStack() as worked:
            to_start = _machines(settings, way.port, wanted.workers)
            machines = [worked.enter_context(machine) for machine in to_start]
            doing = Faults(machines, [*stack.servers, *more, wiki], harm.faults(), tell)
            tell("workers start")
            undone = _under_load(settings, wanted, schemas, book, lambda: doing.run(faults))
            asyncio.run(landed(settings, _least(book), timeout=PATIENCE))
            if settings.hive.metastore:
                asyncio.run(in_hive(settings))
            recovery = time.monotonic() - undone
            tell(f"landed after {recovery:.1f} s")
        # They would take their part of the CPU from the judges.
        tell("workers have ended")
        dropped = harm.put_back()
        verdict = judge(settings, book)
        tell("judged")
        _audited(settings, verdict)
        tell("audited")
    return Mixed(wanted.seed, wanted.minutes, verdict, doing.done, dropped, recovery, doing.failed)


def _machines(
    settings: Settings, mysql_port: int, workers: int
) -> Iterator[AbstractContextManager[Running]]:
    """Yield the contexts in which the workers of each machine run."""
    through = replace(settings, mysql=replace(settings.mysql, port=mysql_port))
    first = dict.fromkeys(READERS, (workers + 1) // 2)
    yield working(through, **first)
    other = replace(
        through,
        web=replace(settings.web, port=settings.web.port + SECOND),
        workers=replace(settings.workers, state=f"{settings.workers.state}-2"),
        intake=replace(settings.intake, on=False),
        hive=replace(settings.hive, metastore=""),
    )
    yield working(other, forwarder=0, **dict.fromkeys(READERS, workers // 2))


def _under_load(
    settings: Settings,
    wanted: Wanted,
    schemas: Schemas,
    book: Book,
    harming: Callable[[], float],
) -> float:
    """Send lines until the faults are over; return when both were."""
    start = int(time.time()) * 1_000_000

    # Sources of lines of their own: they are read in threads of their own.
    def lines(number: int) -> Lines:
        made = Lines(schemas, wanted.seed + number, start + number * 300_000_000_000)
        made.turn()
        return made

    mixing = threading.Event()
    with (
        load(settings, wanted.rate, lines(0), schemas, book, mixing).running(),
        to_forwarder(Path(settings.forwarder.source), lines(1), book),
        to_intake(settings, lines(2), book),
    ):
        until(lambda: all(acknowledged(settings).values()), "all roles have begun", PATIENCE)
        mixing.set()
        harming()
    return time.monotonic()


def _least(book: Book) -> int:
    """Return how many lines must be in Kafka at least."""
    return book.sent.total() + book.taken


def _audited(settings: Settings, verdict: Verdict) -> None:
    """Add what elfaust's own audit says to a verdict."""
    found = asyncio.run(audit(settings))
    findings = [
        finding
        for finding in found.findings
        # An event that is in several lines is in Parquet as often.
        if finding.kind != "twice"
        or finding.number != verdict.again[finding.where.removeprefix("Parquet ")]
    ]
    of = {kind: sum(f.number for f in findings if f.kind == kind) for kind in KINDS}
    verdict.lost, verdict.twice = max(verdict.lost, of["lost"]), max(verdict.twice, of["twice"])
    verdict.other += [f"audit: {f.kind} {f.where}: {f.detail}" for f in findings]
    if found.account.raw != verdict.lines:
        verdict.other.append(f"audit: {found.account.raw} lines in Kafka, not {verdict.lines}")


@contextmanager
def own_disks(harm: Harm, stack: Stack, others: Collection[str]) -> Iterator[None]:
    """Put what can get full on file systems of its own: logs, the tables' files, Kafka's topics."""
    with ExitStack() as opened:
        if "disk of logs full" in others:
            opened.enter_context(disk(harm.logs, ROOM["logs"]))
        if "MariaDB's disk full" in others:
            opened.enter_context(_of_server(stack, "mariadb", harm.database))
        if "Kafka's disk full" in others:
            opened.enter_context(_of_server(stack, "kafka", harm.kafka))
        yield


@contextmanager
def _of_server(stack: Stack, name: str, folder: Path) -> Iterator[None]:
    server = stack.server(name)
    with ExitStack() as own:
        with _stopped(server):
            own.enter_context(disk(folder, ROOM[name]))
        try:
            yield
        finally:
            with _stopped(server):
                own.close()


@contextmanager
def _stopped(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()
        server.wait_ready(180)


def keep(settings: Settings, folder: Path, why: list[str]) -> None:
    """Write down what a failed campaign was, and how to look at it."""
    environ = "".join(f"export {name}='{value}'\n" for name, value in as_environ(settings).items())
    (folder / "environ").write_text(environ)
    (folder / "wrong").write_text("".join(f"{line}\n" for line in why))


def said(folder: Path) -> Callable[[str], None]:
    """Return what keeps and prints a line about each fault, with its time."""
    began, lock = time.monotonic(), threading.Lock()

    def tell(line: str) -> None:
        with lock, (folder / "faults.log").open("a") as out:
            moment = time.strftime("%H:%M:%S", time.gmtime())
            out.write(f"{moment} {time.monotonic() - began:7.1f} {line}\n")

    return tell
