"""The count of a campaign's own: what it finds where lines are lost, doubled or counted wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import orjson
import pytest

from tests.chaos.book import ANY, EVENT, Book, Line
from tests.chaos.found import Found
from tests.chaos.own_count import (
    Verdict,
    judge_counts,
    judge_files,
    judge_outcomes,
    judge_raw,
    judge_tables,
)

RAW, ERRORS, EDITS = "raw", "errors", "Edit_1"


class Fetched(NamedTuple):
    topic: str
    value: bytes
    offset: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0


def raw(offset: int, line: bytes = b"a", source: bytes = b"") -> Fetched:
    return Fetched(RAW, line, offset, (("source", source),) if source else ())


def event(of: int, uuid: str = "u") -> Fetched:
    value = orjson.dumps({"uuid": uuid, "schema": "Edit", "revision": 1})
    return Fetched(EDITS, value, headers=(("source", b"raw@id:%d" % of),))


def error(of: int, code: str = "validation", role: str = "") -> Fetched:
    value = orjson.dumps({"event": {"code": code, "schema": "Edit", "revision": 1}})
    return Fetched(ERRORS, value, headers=(("source", b"%sraw:%d" % (role.encode(), of)),))


def found_of(*records: Fetched) -> Found:
    found = Found()
    for record in records:
        found.take(record, (RAW,), ERRORS)
    return found


def judged(*records: Fetched, sent: int = 1, may: frozenset[str] = ANY) -> Verdict:
    found, verdict, book = found_of(*records), Verdict(), Book()
    for _ in range(sent):
        book.note(Line("client", b"a", may))
    judge_raw(verdict, found, book)
    judge_outcomes(verdict, found, book)
    return verdict


@pytest.mark.parametrize(
    "records",
    [
        (raw(0), event(0)),
        (raw(0), event(0), event(0)),
        (raw(0), error(0)),
        (raw(0), error(0), error(0)),
        (raw(0), event(0), error(0, "consumer", "mysql/"), error(0, "consumer", "hdfs/")),
        (raw(0, source=b"h/f-1:5"), raw(1, source=b"h/f-1:5"), event(0)),
    ],
)
def test_nothing_is_wrong(records: Any) -> None:
    verdict = judged(*records)
    assert (verdict.lost, verdict.twice, verdict.other, verdict.told) == (0, 0, [], [])


@pytest.mark.parametrize(
    ("records", "sent", "lost", "twice"),
    [
        ((raw(0), event(0)), 2, 1, 0),
        ((raw(0), raw(1), event(0), event(1)), 1, 0, 1),
        ((raw(0),), 1, 1, 0),
        ((raw(0), event(0), error(0)), 1, 0, 1),
        ((raw(0), event(0), event(0, "other")), 1, 0, 1),
    ],
)
def test_what_is_lost_or_twice_is_found(records: Any, sent: int, lost: int, twice: int) -> None:
    verdict = judged(*records, sent=sent)
    assert (verdict.lost, verdict.twice) == (lost, twice)
    assert verdict.told


@pytest.mark.parametrize(
    ("records", "may"),
    [
        ((raw(0), error(0)), {EVENT}),
        ((raw(0), error(0, "consumer", "mysql/")), {EVENT}),
        ((raw(0), event(0)), {"validation"}),
        ((raw(0), event(0), event(9)), {EVENT}),
    ],
)
def test_an_outcome_that_no_line_may_have_is_found(records: Any, may: set[str]) -> None:
    verdict = judged(*records, may=frozenset(may))
    assert verdict.other or verdict.lost


def words_of(verdict: Verdict) -> tuple[str, str]:
    """Return in words what is wrong with events, and what else is."""
    return "; ".join(verdict.told), "; ".join(what.partition(":")[0] for what in verdict.other)


#: Two events; a third that MySQL has refused; one that HDFS has refused; a line that was refused.
PASSED = (event(0), event(1, "v"), event(2, "m"), event(3, "h"))
REFUSED = (error(2, "consumer", "mysql/"), error(3, "consumer", "hdfs/"), error(4))


@pytest.mark.parametrize(
    ("rows", "lost", "twice", "told", "other"),
    [
        ("uvh", 0, 0, "", ""),
        ("vh", 1, 0, "Edit_1 has no u", ""),
        ("uvhv", 0, 1, "Edit_1 has v 2 times", ""),
        ("uvhvv", 0, 2, "Edit_1 has v 3 times", ""),
        ("uvhx", 0, 0, "", "MySQL has 1 events that are in no topic"),
        ("xvh", 1, 0, "Edit_1 has no u", "MySQL has 1 events that are in no topic"),
    ],
)
def test_what_is_wrong_with_rows_is_told(
    rows: str, lost: int, twice: int, told: str, other: str
) -> None:
    verdict = Verdict()
    judge_tables(verdict, found_of(*PASSED, *REFUSED), Counter(("Edit_1", of) for of in rows))
    assert (verdict.lost, verdict.twice, *words_of(verdict)) == (lost, twice, told, other)


def test_a_row_of_another_table_is_no_row_of_its_own() -> None:
    verdict = Verdict()
    judge_tables(verdict, found_of(event(0)), Counter([("Edit_2", "u")]))
    assert (verdict.lost, verdict.told) == (1, ["Edit_1 has no u"])
    assert verdict.other == ["MySQL has 1 events that are in no topic: [\"('Edit_2', 'u')\"]"]


@pytest.mark.parametrize(
    ("files", "lost", "twice", "told", "other"),
    [
        ("uvmu", 0, 0, "", ""),
        ("uvm", 1, 0, "Parquet has u 1 times, not 2", ""),
        ("uumv", 0, 0, "", ""),
        ("uuvmv", 0, 1, "Parquet has v 2 times, not 1", ""),
        ("uuvmh", 0, 1, "Parquet has h 1 times, not 0", ""),
        ("uuvmx", 0, 0, "", "Parquet has 1 events that are in no topic"),
    ],
)
def test_what_is_wrong_with_files_is_told(
    files: str, lost: int, twice: int, told: str, other: str
) -> None:
    """An event that is in two lines is in Parquet twice."""
    verdict = Verdict()
    judge_files(verdict, found_of(*PASSED, *REFUSED, event(5)), Counter(files))
    assert (verdict.lost, verdict.twice, *words_of(verdict)) == (lost, twice, told, other)
    assert verdict.again == {"Edit_1": 1}


@pytest.mark.parametrize(
    ("counts", "off", "told"),
    [
        ({}, 0, ""),
        ({EVENT: 3}, 1, "counted 3 of ('Edit', 1, 'event'), there are 4"),
        ({EVENT: 5}, 1, "counted 5 of ('Edit', 1, 'event'), there are 4"),
        ({EVENT: 0}, 4, "counted 0 of ('Edit', 1, 'event'), there are 4"),
        ({"consumer": 1}, 1, "counted 1 of ('Edit', 1, 'consumer'), there are 2"),
        ({"validation": 0}, 1, "counted 0 of ('Edit', 1, 'validation'), there are 1"),
        ({"unresolved": 1}, 1, "counted 1 of ('Edit', 1, 'unresolved'), there are 0"),
    ],
)
def test_what_is_wrong_with_counts_is_told(counts: dict[str, int], off: int, told: str) -> None:
    right = {EVENT: 4, "consumer": 2, "validation": 1}
    verdict = Verdict()
    has = Counter({("Edit", 1, code): count for code, count in (right | counts).items()})
    again = error(2, "consumer", "hdfs/")
    judge_counts(verdict, found_of(*PASSED, *REFUSED, again), has)
    assert (verdict.counts_off, verdict.told) == (off, [told] if told else [])


def test_a_schema_that_nothing_is_counted_of_is_told() -> None:
    verdict = Verdict()
    judge_counts(verdict, found_of(event(0), event(1)), Counter())
    assert verdict.counts_off == 2
    assert verdict.told == ["counted 0 of ('Edit', 1, 'event'), there are 2"]
