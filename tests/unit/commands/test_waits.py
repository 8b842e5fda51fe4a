"""What `elfaust up` says of waits: each once, its end once, and nothing of short ones."""

from __future__ import annotations

import pytest

from elfaust.commands.waits import SHORT_SECONDS, Waits, subject
from elfaust.overview.overview import Overview
from elfaust.overview.worker_said import Trouble, WorkerSaid

KAFKA = "Kafka 127.0.0.1:9092"


def said(role: str, *waits: str, held: str = "", since: float = 0.0) -> WorkerSaid:
    troubles = tuple(Trouble(why, since) for why in waits)
    holds = (Trouble(held, since),) if held else ()
    return WorkerSaid(role, 1, "", "waiting" if waits else "running", 1.0, troubles, holds)


def looks(*found: tuple[float, list[WorkerSaid]]) -> list[list[str]]:
    now = 0.0
    waits = Waits(lambda: now)
    lines = []
    for now, workers in found:
        lines.append(waits.lines(Overview(now, [worker.role for worker in workers], workers)))
    return lines


def test_a_wait_is_told_once_for_all_roles_and_so_is_its_end() -> None:
    waiting = [said("hdfs", f"{KAFKA}: no answer"), said("mysql", f"{KAFKA}: no answer")]
    other = [said("hdfs", f"{KAFKA}: refused"), said("mysql", f"{KAFKA}: refused")]
    assert looks(
        (1, waiting), (9, waiting), (20, other), (35, [said("hdfs"), said("mysql")]), (40, [])
    ) == [
        [],
        [f"hdfs, mysql waits for {KAFKA}: no answer"],
        [],
        [f"{KAFKA} is back for hdfs, mysql after 35 s"],
        [],
    ]


def test_a_wait_that_is_over_soon_is_not_told() -> None:
    short = [said("mysql", "partitions from Kafka", since=10)]
    assert looks((10 + SHORT_SECONDS / 2, short), (10 + SHORT_SECONDS, [said("mysql")])) == [[], []]


def test_a_table_that_is_held_is_told_and_that_it_goes_on() -> None:
    held = [said("mysql", held="table Edit_1 is locked, its events wait: by hand")]
    assert looks((9, held), (11, [said("mysql")])) == [
        ["mysql holds table Edit_1 is locked, its events wait: by hand"],
        ["mysql no longer holds table Edit_1 is locked, after 11 s"],
    ]


def test_a_worker_that_says_nothing_has_not_ended_its_wait() -> None:
    waiting, silent = [said("mysql", f"{KAFKA}: x")], WorkerSaid("mysql", 1, "", "silent")
    assert looks((9, waiting), (11, [silent]), (13, [said("mysql")]))[1:] == [
        [],
        [f"{KAFKA} is back for mysql after 13 s"],
    ]


@pytest.mark.parametrize(
    ("why", "about"),
    [
        ("MySQL 10.0.0.1:3306 is not available: (2002, 'x: y')", "MySQL 10.0.0.1:3306"),
        ("HDFS http://nn:9870: refused", "HDFS http://nn:9870"),
        ("partitions from Kafka", "partitions from Kafka"),
    ],
)
def test_the_subject_of_a_wait(why: str, about: str) -> None:
    assert subject(why) == about
