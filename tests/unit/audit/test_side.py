"""One store beside the topic: lost, twice, different and unknown, each by its own rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from elfaust.audit.side import Side
from elfaust.records import Source
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.reading import SentEvent, StoredRow

#: Rows and events that hold the same number are the same.
ONE, OTHER = {"n": 1}, {"n": 2}


def differences(capsule: dict[str, Any], row: StoredRow) -> Iterator[str]:
    if capsule["n"] != row["n"]:
        yield f"n: {capsule['n']}, not {row['n']}"
        yield "and more"


def event(position: int, n: int = 1, source: str = "raw") -> SentEvent:
    return SentEvent({"n": n}, 0, position + 100, Source(source, position))


def mysql() -> Side:
    return Side("MySQL t", by_record=False)


def parquet() -> Side:
    return Side("Parquet t", by_record=True)


def taken(
    side: Side,
    events: Sequence[SentEvent],
    rows: Sequence[StoredRow],
    *,
    due: int | None = None,
    before: bool = False,
) -> list[str]:
    """Return the kinds of what is found once a side has taken an event of uuid `u`."""
    side.take("u", events[:due], events, rows, before, differences)
    return [found.kind for found in side.findings()]


@pytest.mark.parametrize(
    ("events", "rows", "of_mysql", "of_parquet"),
    [
        ([event(1)], [ONE], [], []),
        ([event(1)], [], ["lost"], ["lost"]),
        ([event(1)], [ONE, ONE], ["twice"], ["twice"]),
        ([event(1)], [OTHER], ["differs"], ["differs"]),
        ([event(1)], [ONE, OTHER], ["twice", "differs"], ["twice", "differs"]),
        # The same event in two records is one row of MySQL, and two of Parquet.
        ([event(1), event(2)], [ONE], [], ["lost"]),
        ([event(1), event(2)], [ONE, ONE], ["twice"], ["twice"]),
        # What a worker has repeated is one record.
        ([event(1), event(1)], [ONE], [], []),
        ([event(1), event(1, source="other")], [ONE], [], ["lost"]),
        # Either of two records may be the row, in any order.
        ([event(1), event(2, n=2)], [OTHER], [], ["lost"]),
        ([event(1, n=2), event(2)], [OTHER, ONE], ["twice"], ["twice"]),
    ],
)
def test_rows_of_an_event_in_one_lane(
    events: list[SentEvent], rows: list[StoredRow], of_mysql: list[str], of_parquet: list[str]
) -> None:
    assert taken(mysql(), events, rows) == of_mysql
    assert taken(parquet(), events, rows) == of_parquet


def test_of_rows_that_differ_the_first_is_told() -> None:
    side = mysql()
    assert taken(side, [event(1)], [{"n": 3}, OTHER]) == ["twice", "differs"]
    assert side.differing == {"u": ["n: 1, not 3", "and more"]}


@pytest.mark.parametrize("side", [mysql(), parquet()])
def test_what_is_not_due_may_be_missing_and_must_be_right_where_it_is(side: Side) -> None:
    assert taken(side, [event(1)], [], due=0) == []
    assert taken(side, [event(1), event(2)], [ONE], due=1) == []
    assert taken(side, [event(1)], [OTHER], due=0) == ["differs"]


def test_an_event_of_an_earlier_lane_has_its_row_in_mysql_already() -> None:
    side = mysql()
    assert taken(side, [event(1)], [ONE]) == []
    assert taken(side, [event(1, n=2)], [ONE], before=True) == []
    # Lost it was with the first.
    assert taken(side, [event(1)], [], before=True) == []


def test_what_differed_may_be_the_record_of_a_later_lane() -> None:
    side = mysql()
    assert taken(side, [event(1)], [OTHER]) == ["differs"]
    assert taken(side, [event(1, n=3)], [OTHER], before=True) == ["differs"]
    assert taken(side, [event(1, n=2)], [OTHER], before=True) == []


def test_each_lane_has_files_of_its_own() -> None:
    side = parquet()
    assert taken(side, [event(1)], [ONE]) == []
    assert taken(side, [event(1)], [], before=True) == ["lost"]
    side = parquet()
    assert taken(side, [event(1)], [OTHER], before=True) == ["twice", "differs"]
    assert taken(side, [event(1)], [ONE], before=True) == ["twice", "differs"]


def test_how_many_records_have_what_is_there_twice() -> None:
    side = parquet()
    taken(side, [event(1)], [ONE, ONE])
    assert side.twice == {"u": "u"}
    taken(side, [event(1), event(2)], [ONE, ONE])
    assert side.twice == {"u": "u (2 records have it)"}
    taken(side, [event(1), event(1), event(2)], [ONE, ONE], before=True)
    assert side.twice == {"u": "u (3 records have it)"}


def test_findings_name_the_place_the_number_and_some() -> None:
    side = mysql()
    assert list(side.findings()) == []
    for uuid in "dcba":
        side.take(uuid, [event(1)], [event(1)], [], False, differences)
    side.take("x", [event(1)], [event(1)], [ONE, ONE, ONE], False, differences)
    side.take("y", [event(1)], [event(1)], [OTHER], False, differences)
    side.unknown |= {"f", "e"}
    assert list(side.findings()) == [
        Finding("lost", "MySQL t", 4, "a, b, c and 1 more"),
        Finding("unknown", "MySQL t", 2, "e, f"),
        Finding("twice", "MySQL t", 1, "x"),
        Finding("differs", "MySQL t", 2, "y and more, y n: 1, not 2"),
    ]
