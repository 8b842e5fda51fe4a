"""What is told of a beacon that is long."""

from __future__ import annotations

from elfaust.events.beacons import (
    MAX_QUERY,
    length_warning,
    purpose_by,
    purpose_in,
    purpose_of,
    query_of,
)
from elfaust.events.items import items_of


def test_the_query_is_counted_without_what_begins_it() -> None:
    assert length_warning("?" + "x" * MAX_QUERY) == ""
    assert "901 characters" in length_warning("?" + "x" * (MAX_QUERY + 1))


def test_a_query_is_the_event_that_it_was_made_of() -> None:
    event = {"schema": "A b", "event": {"ü": "?;&"}}
    (item,) = items_of(query_of(event), queries=True)
    assert item.event == event


def test_a_purpose_is_read_where_an_intake_has_written_it() -> None:
    told = [purpose_of(header) for header in ("", "prefetch", "prefetch;prerender", "other")]
    assert told == ["", "prefetch", "prerender", ""]
    names = ["a.b-0123456789ab-prefetch", "a.b-0123456789ab", "prefetch", "a-0123456789ab-other"]
    assert [purpose_by(name) for name in names] == ["prefetch", "", "", ""]
    assert purpose_in("?x;\thost-0123456789ab-prerender\t1\t-") == "prerender"
    assert purpose_in("?x;-0123456789ab-prerender\thost\t1\t-") == ""
