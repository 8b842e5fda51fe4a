"""A store whose rows are events as they were sent is read without code of its own."""

from __future__ import annotations

from typing import Any

from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.reading import EventReader, NoRows, Stored, stored_of

KEY, OTHER = SchemaKey("Edit", 1), SchemaKey("Other", 1)
ROWS: list[dict[str, Any]] = [{"uuid": "a", "n": 1}, {"uuid": "b", "n": 1.0}, {"uuid": "b"}]


def reader() -> EventReader:
    return EventReader("Lines", lambda key: ROWS if key == KEY else [])


def test_rows_are_found_by_uuid_and_compared_key_by_key() -> None:
    with_rows = reader()
    with_rows.begin({"eventlogging_Edit_1"})
    revision = with_rows.revision(Schema(KEY, {}))
    assert revision.rows("t", 0, {"a": [], "c": []}) == {"a": ROWS[:1]}
    assert revision.rows("t", 1, {"b": []}) == {"b": ROWS[1:]}
    assert list(revision.differences({"uuid": "a", "n": 1}, ROWS[0])) == []
    assert list(revision.differences({"uuid": "b", "n": 1}, ROWS[1])) == ["n: topic 1, Lines 1.0"]
    assert list(revision.differences({"uuid": "b", "n": 1}, ROWS[2])) == [
        "n: topic 1, Lines nothing"
    ]
    assert revision.unknown(0, lambda uuid: uuid == "a") == {"b"}
    assert [*revision.findings(), *revision.notes(), *with_rows.findings()] == []
    with_rows.close()


def test_an_account_counts_rows_and_those_of_a_uuid_that_another_has() -> None:
    assert reader().stored([KEY, OTHER]) == {KEY: Stored(3, 1), OTHER: Stored()}
    assert stored_of(["a", "", "", "a", "a"]) == Stored(5, 2)


def test_where_there_can_be_nothing_nothing_is_found() -> None:
    nothing = NoRows()
    assert nothing.rows("t", 0, {"a": []}) == {}
    assert not [*nothing.differences({}, {}), *nothing.unknown(0, lambda _: False)]
    assert not [*nothing.findings(), *nothing.notes()]
