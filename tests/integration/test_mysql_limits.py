"""The borders of what can be a table, on a real MariaDB: the largest is made, the next is not."""

from __future__ import annotations

from typing import Any

import MySQLdb
import pytest

from elfaust.errors import SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.mysql import ddl
from elfaust.sinks.mysql.connection import connect
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.mysql.watch import TableWatch

KEY = SchemaKey("Wide", 1)
STAMP = {"properties": {"timestamp": {"type": "integer"}}}


def many(count: int, *, first: int = 0, **of: Any) -> dict[str, Any]:
    return {f"p{n}": of for n in range(first, first + count)}


def named(count: int, char: str, length: int) -> dict[str, Any]:
    """Return properties whose columns have names of `length` characters."""
    return {f"{n:04}" + char * (length - 10): {"type": "boolean"} for n in range(count)}


#: The dialect, the properties, and one that is too much.
BORDERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("2018", many(371, type="string"), {"q": {"type": "string"}}),
    ("2015", many(373, type="string", required=True), {"q": {"type": "string"}}),
    ("2018", many(965, type="integer"), {"q": {"type": "integer"}}),
    ("2015", many(979, type="integer", required=True), {"q": {"type": "integer"}}),
    ("2018", many(1010, type="boolean"), {"q": {"type": "boolean"}}),
    ("2015", many(1011, type="number"), {"q": {"type": "boolean"}}),
    ("2018", {f"p{n}": STAMP for n in range(60)}, {"q": STAMP}),
    ("2015", {f"p{n}": STAMP for n in range(62)}, {"q": STAMP}),
    (
        "2018",
        {**many(100, type="string"), **many(705, first=100, type="integer")},
        {"q": {"type": "integer"}},
    ),
    # To the byte: what is left over makes one more name.
    ("2018", {**named(793, "x", 64), "x" * 32: {"type": "boolean"}}, {"": {"type": "boolean"}}),
    ("2018", {**named(342, "€", 64), "€" * 26: {"type": "boolean"}}, {"": {"type": "boolean"}}),
    ("2018", many(1, type="string"), {"q ": {}}),
    ("2018", many(1, type="string"), {"q\r": {}}),
    ("2018", many(1, type="string"), {"q\0": {}}),
    ("2018", many(1, type="string"), {"\U0001f600": {}}),
    ("2018", {" q": {}, "\x01": {}, "\uffff": {}, "e": {}, "é": {}, "ß": {}, "s": {}}, {"E": {}}),
    ("2018", {"k": {}, "\u0131": {}, "i": {}, "Σ": {}, "ς": {}}, {"\u212a": {}}),
    ("2018", {"k": {}, "i": {}}, {"İ": {}}),
    ("2018", {"x" * 58: {}}, {"y" * 59: {}}),
]


def created(cursor: Any, schema: Schema) -> bool:
    cursor.execute("DROP TABLE IF EXISTS Wide_1")
    try:
        cursor.execute(create_table("Wide_1", schema))
    except MySQLdb.Error:
        return False
    return True


@pytest.mark.parametrize(("year", "fits", "more"), BORDERS)
def test_what_is_refused_by_name_is_what_mysql_refuses(
    fresh: Settings,
    monkeypatch: pytest.MonkeyPatch,
    year: str,
    fits: dict[str, Any],
    more: dict[str, Any],
) -> None:
    largest = Schema(KEY, {"properties": fits}, DIALECTS[year])
    too_large = Schema(KEY, {"properties": fits | more}, DIALECTS[year])
    with connect(fresh.mysql) as connection, connection.cursor() as cursor:
        assert created(cursor, largest)
        with pytest.raises(SchemaUnfit):
            create_table("Wide_1", too_large)
        monkeypatch.setattr(ddl, "check", lambda *_: None)
        monkeypatch.setattr("elfaust.schema.columns._check_names", lambda *_: None)
        assert not created(cursor, too_large)


def test_names_of_columns_are_counted_to_the_byte(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = {**named(793, "x", 64), "x" * 33: {"type": "boolean"}}
    with connect(fresh.mysql) as connection, connection.cursor() as cursor:
        with pytest.raises(SchemaUnfit, match="names that are too long together"):
            create_table("Wide_1", Schema(KEY, {"properties": longest}))
        monkeypatch.setattr(ddl, "check", lambda *_: None)
        assert not created(cursor, Schema(KEY, {"properties": longest}))


def test_indexes_whose_names_are_cut_can_be_in_one_table(fresh: Settings) -> None:
    nested = {"x" * 47 + end: {"properties": {"timestamp": {"type": "integer"}}} for end in "abc"}
    with connect(fresh.mysql) as connection, connection.cursor() as cursor:
        assert created(cursor, Schema(KEY, {"properties": nested}))


HOSTILE = (
    "it's \\' \"a\" `b` %s; DROP TABLE x -- \\",
    "\r\n\t\0\x1a\u2028end",
    ") ENGINE=InnoDB AUTO_INCREMENT=2147483647",
    "\U0001f600 Zoë, \u4e2d\u6587",
    "\u00e9" * 3_000,
)


def test_whatever_descriptions_hold_tables_are_made_and_fit_their_schemas(
    fresh: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    members = {f"p{n}": {"type": "integer", "description": of} for n, of in enumerate(HOSTILE)}
    many_long = many(960, type="integer", description=HOSTILE[-1])
    shown = (
        "SELECT column_name, column_comment FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name = 'Wide_1'"
    )
    with connect(fresh.mysql) as connection, connection.cursor() as cursor:
        for words in HOSTILE:
            schema = Schema(KEY, {"description": words, "properties": members})
            assert created(cursor, schema)
            assert ddl.owner_of(cursor, "Wide_1") == "Wide 1"
            # As the sink looks at it: whose it is, and whether it fits.
            TableWatch("Wide_1", ddl.table_columns(schema)).look(cursor)
        cursor.execute(shown)
        found = dict(cursor.fetchall())
        assert found["event_p0"] == HOSTILE[0]
        assert found["event_p1"] == "end"
        assert found["event_p2"] == HOSTILE[2]
        assert found["event_p3"] == "\ufffd Zoë, \u4e2d\u6587"
        assert len(found["event_p4"]) == 1_024
        assert created(cursor, Schema(KEY, {"properties": many_long}))
        cursor.execute(shown)
        assert all(len(comment) > 10 for _, comment in cursor.fetchall())
    assert "numbers of its id" not in caplog.text
