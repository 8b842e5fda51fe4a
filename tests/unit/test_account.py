"""When an account balances, and what it says when it does not."""

from __future__ import annotations

from collections import Counter

import orjson

from elfaust.account import Account, Line, _Lines
from elfaust.types import Record, SchemaKey

EDIT = SchemaKey("Edit", 1)


def balanced() -> Line:
    return Line(
        EDIT,
        valid=10,
        invalid=Counter(validation=2, consumer=1),
        unfit=Counter(mysql=1),
        mysql=9,
        parquet=10,
        counted=10,
        counted_invalid=Counter(validation=2, consumer=1),
    )


def test_an_account_that_balances_has_no_problems() -> None:
    assert Account(12, [balanced()]).problems == []


def test_each_thing_that_is_lost_or_doubled_is_named() -> None:
    for name, value in [("mysql", 8), ("parquet", 11), ("counted", 9), ("parquet_twice", 1)]:
        line = balanced()
        setattr(line, name, value)
        [problem] = Account(12, [line]).problems
        assert problem.startswith("Edit_1: ")
        assert str(value) in problem
    line = balanced()
    line.counted_invalid["validation"] += 1
    assert "errors counted" in Account(12, [line]).problems[0]
    assert Account(13, [balanced()]).problems == ["13 raw lines, 12 valid or invalid"]


def test_a_record_that_was_repeated_is_one() -> None:
    lines = _Lines()
    records = [Record(b"", offset, 0, "raw", offset % 3) for offset in range(5)]
    lines.add_events(EDIT, records)
    assert (lines[EDIT].valid, lines[EDIT].repeats) == (3, 2)


def test_errors_go_to_the_schema_they_name_and_the_sink_they_came_from() -> None:
    value = orjson.dumps({"event": {"schema": "Edit", "revision": 1, "code": "consumer"}})
    lines = _Lines()
    lines.add_errors([Record(value, 0, 0, "mysql/eventlogging_Edit_1", 7)])
    assert lines[EDIT].invalid == Counter(consumer=1)
    assert lines[EDIT].unfit == Counter(mysql=1)
