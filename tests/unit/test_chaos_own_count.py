"""The count of a campaign's own: what it finds where lines are lost, doubled or counted wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
import pytest

from tests.chaos.mixed_lines import ANY, EVENT, Book, Line
from tests.chaos.own_count import Found, Verdict, judge_outcomes, judge_raw

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


def judged(*records: Fetched, sent: int = 1, may: frozenset[str] = ANY) -> Verdict:
    found, verdict, book = Found(), Verdict(), Book()
    for record in records:
        found.take(record, (RAW,), ERRORS)
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
