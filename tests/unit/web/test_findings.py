"""What is wrong is said once, the worst first, with its error and since when."""

from __future__ import annotations

import pytest

from elfaust.counts.usual import Mark
from elfaust.overview.worker_said import Lag, WorkerSaid
from elfaust.records import SchemaKey
from elfaust.web.findings import Finding, findings
from tests.unit.web.boards import NOW, board_of, overview_of, total, waits, worker

REFUSED = "Kafka k:9092 is not available: refused"
GONE = "MySQL m:3306: (2002, 'gone')"


def test_where_all_is_well_nothing_is_found() -> None:
    assert findings(board_of((total("Edit"), 5), (total("Edit", "validation"), 9))) == []


def test_a_server_is_named_once_whoever_waits_for_it() -> None:
    why = "Kafka k:9092: no answer"
    first = worker("mysql", "waiting", waits_for=waits(why, 60))
    second = worker("hdfs", "waiting", pid=2, waits_for=waits(REFUSED, 90))
    third = worker("hdfs", "waiting", pid=3, waits_for=waits(why, 30))
    assert findings(board_of(overview=overview_of(first, second, third))) == [
        Finding(2, "mysql, hdfs wait for Kafka k:9092", "refused", NOW - 90)
    ]


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (worker("mysql", "waiting", waits_for=waits(GONE)),
         Finding(2, "mysql waits for MySQL m:3306", "(2002, 'gone')", NOW - 60)),
        (worker("mysql", "held", held=waits("table t: altered")),
         Finding(1, "mysql holds events", "table t: altered", NOW - 60)),
        (worker("mysql", "silent", error="no answer"),
         Finding(2, "mysql (process 1) does not answer", "no answer", NOW - 1)),
        (worker("mysql", unforeseen={"consumer": 1200}),
         Finding(1, "mysql has failed on 1,200 records (consumer); its log says how")),
        (worker("mysql", lag={"a": Lag(1, 299.0, NOW), "b": Lag(5_000, 600.0, NOW)}),
         Finding(1, "mysql is behind by 5,001 records, the oldest of them", "", NOW - 600)),
    ],
)  # fmt: skip
def test_what_a_worker_says_of_itself(found: WorkerSaid, finding: Finding) -> None:
    assert findings(board_of(overview=overview_of(found))) == [finding]


def test_a_role_without_a_worker_and_workers_that_nobody_asks() -> None:
    overview = overview_of(looked=NOW - 100)
    workers = [one for one in overview.workers if one.role != "hdfs"]
    overview = type(overview)(overview.looked, overview.expected, workers)
    assert findings(board_of(overview=overview)) == [
        Finding(1, "No worker of hdfs runs on this machine"),
        Finding(1, "The workers have not been asked for a while", since=NOW - 100),
    ]


def test_counts_that_are_old_are_said_to_be() -> None:
    (finding,) = findings(board_of(as_of=NOW - 11))
    assert finding.since == NOW - 11
    assert findings(board_of(as_of=NOW - 9)) == []


def test_schemas_that_need_a_look() -> None:
    silent = {SchemaKey(f"Quiet{n}", 7): Mark("silent", "no event for 2 h") for n in range(3)}
    marks = {**silent, SchemaKey("Bad", 7): Mark("more", "twice the usual")}
    counts = [(total("Bad"), 1), *((total(f"Quiet{n}"), 5) for n in range(3))]
    (finding,) = findings(board_of(*counts, marks=marks))
    assert finding.what == "4 schema revisions need a look"
    assert finding.why.startswith("Quiet0 7: no event for 2 h; ")
    assert finding.why.endswith("; 1 more")
    assert finding.more == "?show=wrong"


def test_of_schemas_that_are_only_late_the_role_alone_is_named() -> None:
    late = worker("mysql", lag={total("Edit").topic: Lag(10, 600.0, NOW)})
    board = board_of((total("Edit"), 5), overview=overview_of(late))
    assert [wrong.what for wrong in board.known[0].wrong] == ["late in mysql"]
    assert [finding.what for finding in findings(board)] == [
        "mysql is behind by 10 records, the oldest of them"
    ]
