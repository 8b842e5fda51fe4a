"""The tables of schema revisions as an audit reads them, and what an account counts of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Mysql
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.mysql.reading.reader import MysqlReader
from elfaust.sinks.mysql.reading.tables import TableUnreadable
from elfaust.sinks.reading import RevisionReader, Stored
from tests.unit.audit.fakes import Table, row, uuid

KEY = SchemaKey("Edit", 1)
SHARE = Schema(KEY, {"properties": {"n": {"type": "number"}}}, LATEST)


def raising(error: Exception) -> Any:
    def table(*_: object) -> Any:
        raise error

    return table


def reader_of(table: Any = None, number: str = "FLOAT", count: Any = None) -> MysqlReader:
    """Return a reader whose tables are all this one, or what a function gives or raises."""
    give = table if callable(table) else lambda *_: table
    tables: Any = SimpleNamespace(table=give, count=count, close=lambda: None)
    return MysqlReader(tables, Mysql(number=number))


def revision_of(table: Any) -> RevisionReader:
    return reader_of(table).revision(SHARE)


@pytest.mark.parametrize(
    ("number", "types", "holds"),
    [
        ("DOUBLE", {}, True),
        ("FLOAT", {}, False),
        ("FLOAT", {"event_n": "DOUBLE"}, True),
        ("DOUBLE", {"event_n": "FLOAT"}, False),
    ],
)
def test_a_number_is_held_against_the_column_that_there_is(
    number: str, types: dict[str, str], holds: bool
) -> None:
    held = {name: of for name, of in row(0).items() if not name.startswith("event_")}
    table = Table([{**held, "event_n": 0.1}], **types)
    revision = reader_of(table, number).revision(SHARE)
    capsule = {"uuid": uuid(0), "dt": "2020-09-13T12:26:40Z", "event": {"n": 0.1}}
    [stored] = (revision.rows("t", 0, {uuid(0): []}) or {})[uuid(0)]
    assert (list(revision.differences(capsule, stored)) == []) is holds


def test_rows_that_no_event_has_are_looked_for_only_where_there_are_too_many() -> None:
    held: list[dict[str, Any]] = [{"uuid": "a"}, {"uuid": "b"}, {"uuid": None}]
    revision = revision_of(Table(held))
    assert revision.unknown(3, lambda _: pytest.fail("the table was read")) == ()
    assert revision.unknown(2, lambda of: of == "a") == {"b", ""}


def test_without_a_table_there_is_no_row_and_nothing_wrong() -> None:
    revision = revision_of(None)
    assert revision.rows("t", 0, {"a": []}) == {}
    assert revision.unknown(0, lambda _: False) == ()
    assert [*revision.findings(), *revision.notes()] == []


def test_of_a_schema_that_can_have_no_table_there_is_no_row() -> None:
    long_name = SchemaKey("x" * 63, 1)
    for unfit in (
        Schema(KEY, {"properties": {"x" * 80: {}}}, LATEST),
        Schema(long_name, {"properties": {}}, LATEST),
    ):
        revision = reader_of(raising(AssertionError())).revision(unfit)
        assert revision.rows("t", 0, {"a": []}) == {}
    assert reader_of(count=raising(AssertionError())).stored([long_name]) == {long_name: Stored()}


@pytest.mark.parametrize("method", ["", "rows", "count", "uuids"])
def test_of_a_table_that_cannot_be_read_it_says_why_once(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = raising(TableUnreadable("its column uuid is int"))
    if method:
        monkeypatch.setattr(Table, method, failing)
    revision = revision_of(Table([{"uuid": "a"}]) if method else failing)
    rows = revision.rows("t", 0, {"b": []})
    assert (rows is None) is (method in ("", "rows"))
    assert revision.unknown(0, lambda _: False) == ()
    assert revision.rows("t", 1, {"b": []}) is None
    assert list(revision.findings()) == [
        Finding("unreadable", "MySQL Edit_1", 1, "its column uuid is int")
    ]


def test_a_server_that_is_away_ends_it() -> None:
    with pytest.raises(ServerAway):
        revision_of(raising(ServerAway("MySQL", "refused")))


def test_a_table_that_cannot_be_counted_hides_no_other() -> None:
    def count(name: str, key: SchemaKey) -> int:
        if key == KEY:
            raise TableUnreadable("MySQL says 1814: no")
        return 7

    other = SchemaKey("Other", 2)
    assert reader_of(count=count).stored([KEY, other]) == {
        KEY: Stored(unreadable="MySQL says 1814: no"),
        other: Stored(7),
    }
    with pytest.raises(ServerAway):
        reader_of(count=raising(ServerAway("MySQL", "refused"))).stored([KEY])
