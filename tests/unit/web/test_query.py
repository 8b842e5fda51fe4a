"""An address says what is shown and in which order; whatever it says, there is a page."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.counts.usual import Mark
from elfaust.records import SchemaKey
from elfaust.web.query import MOST_FIND, SORTS, Query, parse
from tests.unit.web.boards import MINUTE, board_of, total


def names(query: Query) -> list[str]:
    board = board_of(
        (total("Edit"), 50),
        (total("Edit", minute=MINUTE), 5),
        (total("Alpha"), 90),
        (total("bad"), 1),
        (total("bad", "validation", MINUTE - 1), 60),
        (total("Bad2"), 2),
        (total("Bad2", "validation", MINUTE - 1), 30),
        marks=dict.fromkeys([SchemaKey("bad", 7), SchemaKey("Bad2", 7)], Mark("errors", "many")),
    )
    return [schema.schema for schema in query.pick(board.known)]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (Query(), ["bad", "Bad2", "Alpha", "Edit"]),
        (Query(order="asc"), ["Alpha", "Edit", "bad", "Bad2"]),
        (Query(sort="schema"), ["Alpha", "bad", "Bad2", "Edit"]),
        (Query(sort="lines"), ["Alpha", "Edit", "Bad2", "bad"]),
        (Query(sort="valid", find="e"), ["Edit"]),
        (Query(sort="errors", order="asc", show="wrong"), ["Bad2", "bad"]),
        (Query(find="bad2_7"), ["Bad2"]),
        (Query(find="no such"), []),
    ],
)
def test_what_is_shown_and_in_which_order(query: Query, shown: list[str]) -> None:
    assert names(query) == shown


@pytest.mark.parametrize("column", SORTS)
def test_a_title_sorts_and_the_second_time_the_other_way(column: str) -> None:
    once = parse(dict(parse_qsl(Query(sort="share").sorted_by(column).removeprefix("?"))))
    if column != "share":
        assert (once.by, once.descending) == (column, SORTS[column][1])
    twice = parse(dict(parse_qsl(once.sorted_by(once.by).removeprefix("?"))))
    assert (twice.by, twice.descending) == (once.by, not once.descending)


@given(st.dictionaries(st.sampled_from(["sort", "order", "find", "show", "x"]), st.text()))
def test_any_address_is_a_query_that_leads_back_to_itself(asked: dict[str, str]) -> None:
    query = parse(asked)
    assert len(query.find) <= MOST_FIND
    address = query.address()
    assert parse(dict(parse_qsl(address.removeprefix("?")))) == query
