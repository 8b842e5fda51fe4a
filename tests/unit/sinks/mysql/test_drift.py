"""What differs between a table and its schema, and the ALTER TABLE that mends it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.records import SchemaKey
from elfaust.schema.columns import CAPSULE_COLUMNS, ID, Column, columns_of
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import fit_row_limit
from elfaust.sinks.mysql.drift import Shown, add_missing, alter_table, differences, holds

REGISTRY = Registry(Settings().schemas)
KEYS = REGISTRY.known()
#: How MySQL 8 and MariaDB show the types that a table is created with.
SHOWN_AS = {
    "BIGINT": ("bigint", "bigint(20)"),
    "INTEGER": ("int", "int(11)"),
    "BOOL": ("tinyint(1)", "tinyint(1)"),
}
UUID, STAMP = CAPSULE_COLUMNS["uuid"], CAPSULE_COLUMNS["timestamp"]
STRING = Column("event_s", "VARCHAR(1024)", path=("event", "s"))
NUMBER = Column("event_n", "BIGINT", path=("event", "n"))


def as_shown(column: Column, mariadb: bool = True) -> Shown:
    """Return how a server shows a column that was created for a schema."""
    lower = column.sql_type.lower()
    sql_type = SHOWN_AS.get(column.sql_type, (lower, lower))[mariadb]
    bare = column != ID
    return Shown(column.name, sql_type, not column.nullable, bare, column.unique)


class Cursor:
    """A table that has some columns; notes what is executed on it."""

    def __init__(self, shown: list[Shown]) -> None:
        self._shown = shown
        self.executed: list[str] = []

    def execute(self, statement: str, arguments: object = None) -> None:
        if arguments is None:
            self.executed.append(statement)

    def fetchall(self) -> list[Shown]:
        return self._shown


def test_what_a_table_lacks_is_added_and_nothing_else_is_changed() -> None:
    other = as_shown(Column("event_n", "VARCHAR(1024)", path=("event", "n")))
    cursor = Cursor([as_shown(UUID), other])
    add_missing(cursor, "t", [UUID, NUMBER, STRING])
    assert cursor.executed == [
        "ALTER TABLE `t` ADD COLUMN `event_s` VARCHAR(1024) COLLATE utf8mb4_bin"
    ]
    cursor = Cursor([as_shown(UUID), as_shown(STRING)])
    add_missing(cursor, "t", [UUID, STRING])
    assert cursor.executed == []


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    """Return schemas of an event, nested up to three levels."""
    kinds = ["string", "integer", "number", "boolean", "array", "object", ["string", "null"]]
    leaf = st.fixed_dictionaries(
        {"type": st.sampled_from(kinds)}, optional={"required": st.booleans()}
    )
    # No `_` in names: two paths would share a column.
    names = st.sampled_from([*"abcdefg", "timestamp"])

    def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        properties = st.dictionaries(names, inner, min_size=1, max_size=6)
        return properties.map(lambda found: {"type": "object", "properties": found})

    return nested(st.recursive(leaf, nested, max_leaves=8))


def columns(schema: dict[str, Any], year: str) -> list[Column]:
    return fit_row_limit(columns_of(SchemaKey("Any", 1), schema, DIALECTS[year]))


DRAWN = st.builds(columns, schemas(), st.sampled_from(sorted(DIALECTS)))


@given(DRAWN, st.booleans(), st.sampled_from([1, -1]))
def test_a_table_of_any_schema_s_columns_has_no_difference(
    drawn: list[Column], mariadb: bool, order: int
) -> None:
    shown = [as_shown(column, mariadb) for column in drawn]
    assert differences(shown[::order], drawn) == []
    assert alter_table("t", []) == ""


@given(DRAWN, st.data())
def test_a_column_that_is_missing_or_of_another_type_is_found(
    drawn: list[Column], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(drawn) - 1))
    shown, column = [as_shown(column) for column in drawn], drawn[index]
    other = data.draw(st.sampled_from(["date", "varchar(1)", "binary(16)", "bit(1)", "time"]))
    altered = [*shown[:index], shown[index]._replace(sql_type=other), *shown[index + 1 :]]
    for table, change in ((shown[:index] + shown[index + 1 :], "ADD"), (altered, "MODIFY")):
        [found] = differences(table, drawn)
        assert (found.name, found.wanted, found.harmful) == (column.name, column, True)
        assert alter_table("t", [found]).startswith(
            f"ALTER TABLE `t` {change} COLUMN `{column.name}` "
        )


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.schema}_{key.revision}")
@pytest.mark.parametrize("year", sorted(DIALECTS))
def test_each_column_of_each_schema(key: SchemaKey, year: str) -> None:
    schema = REGISTRY.get(key)
    assert schema is not None
    wanted = columns(schema.event, year)
    shown = [as_shown(column) for column in wanted]
    assert differences(shown, wanted) == []
    for index, column in enumerate(wanted):
        [missing] = differences(shown[:index] + shown[index + 1 :], wanted)
        assert str(missing) == f"column {column.name} {column.sql_type} is missing"
        numeric = column.sql_type in ("BIGINT", "INTEGER", "BOOL", "FLOAT")
        other = "varchar(8)" if numeric else "bigint(20)"
        wrong = shown[index]._replace(sql_type=other)
        [found] = differences([*shown[:index], wrong, *shown[index + 1 :]], wanted)
        assert str(found) == f"column {column.name} is {other}, not {column.sql_type}"


def test_there_are_28_schemas() -> None:
    assert len(KEYS) == 28


@pytest.mark.parametrize(
    ("sql_type", "held", "refused"),
    [
        ("BIGINT", "bigint bigint(20)", "int(11) bigint(20)_unsigned double varchar(20) bit(1)"),
        ("BOOL", "tinyint(1) tinyint int(11)", "bit(1) varchar(5) tinyint(1)_unsigned"),
        ("FLOAT", "float double", "float(7,2) decimal(10,0) bigint float_unsigned"),
        ("DOUBLE", "double", "float double(7,2) decimal(20,10) bigint double_unsigned"),
        ("DATETIME", "datetime datetime(6)", "timestamp date varchar(19)"),
        ("VARCHAR(1024)", "varchar(1024) varchar(2000) text longtext", "varchar(1023) tinytext"),
        ("VARCHAR(191)", "varchar(191) text", "varchar(190) char(191) varbinary(1024) tinytext"),
        ("VARCHAR(14)", "varchar(14) tinytext", "varchar(13) char(14) datetime"),
        ("CHAR(32)", "char(32) char(36) varchar(32)", "char(31) binary(32) bigint"),
        ("TEXT", "text mediumtext longtext", "tinytext varchar(1024) blob"),
        ("TEXT", "text", "text_CHARACTER_SET_latin1 text_CHARACTER_SET_utf8mb3"),
    ],
)
def test_a_column_holds_a_type(sql_type: str, held: str, refused: str) -> None:
    column = Column("event_a", sql_type, path=("event", "a"))
    for kinds, expected in ((held, True), (refused, False)):
        for kind in kinds.split():
            assert holds(kind.replace("_", " "), column) is expected, kind


def test_an_id_may_be_unsigned_and_must_count_up() -> None:
    assert differences([Shown("id", "int(10) unsigned", True)], [ID]) == []
    [found] = differences([Shown("id", "int(11)", True, bare=True)], [ID])
    assert str(found) == "column id does not count up"
    assert alter_table("t", [found]) == (
        "ALTER TABLE `t` MODIFY COLUMN `id` INTEGER AUTO_INCREMENT NOT NULL"
    )


def test_a_uuid_without_its_unique_index_is_harm() -> None:
    [found] = differences([Shown("uuid", "char(32)")], [UUID])
    assert found.harmful
    assert "no unique index" in str(found)
    assert alter_table("t", [found]) == "ALTER TABLE `t` ADD UNIQUE KEY (`uuid`)"


def test_ascii_columns_that_every_event_fills_may_be_narrower_in_what_they_take() -> None:
    uuid = Shown("uuid", "char(32) CHARACTER SET latin1", not_null=True, bare=True, unique=True)
    assert differences([uuid], [UUID]) == []


def test_two_differences_of_a_column_have_one_cure() -> None:
    found = differences([Shown("EVENT_S", "varchar(9)", not_null=True)], [STRING])
    assert len(found) == 2
    assert alter_table("t", found) == (
        "ALTER TABLE `t` MODIFY COLUMN `event_s` VARCHAR(1024) COLLATE utf8mb4_bin"
    )


def test_a_missing_column_comes_back_with_its_index() -> None:
    found = differences([], [UUID, STAMP, NUMBER])
    assert alter_table("a`b", found) == (
        "ALTER TABLE `a``b` ADD COLUMN `uuid` CHAR(32) COLLATE utf8mb4_bin, "
        "ADD UNIQUE KEY (`uuid`), ADD COLUMN `timestamp` VARCHAR(14) COLLATE utf8mb4_bin, "
        "ADD KEY (`timestamp`), ADD COLUMN `event_n` BIGINT"
    )


def test_a_column_of_somebody_else_is_harm_only_if_it_demands_a_value() -> None:
    own = as_shown(NUMBER)
    for other in (Shown("mine", "int(11)"), Shown("mine", "int(11)", not_null=True)):
        [found] = differences([own, other], [NUMBER])
        assert not found.harmful
        assert str(found) == "column mine int(11) is not of the schema"
        assert alter_table("t", [found]) == ""
    [found] = differences([own, Shown("mine", "int(11)", not_null=True, bare=True)], [NUMBER])
    assert found.harmful
    assert str(found).endswith("demands a value")
    assert alter_table("t", [found]) == "ALTER TABLE `t` MODIFY COLUMN `mine` int(11) NULL"


def test_a_generated_column_is_harm() -> None:
    [found] = differences([Shown("event_n", "bigint(20)", generated=True)], [NUMBER])
    assert found.harmful
    assert str(found) == "column event_n is generated, no event fills it"
    assert alter_table("t", [found]) == (
        "ALTER TABLE `t` DROP COLUMN `event_n`, ADD COLUMN `event_n` BIGINT"
    )


def test_a_float_that_ought_to_be_a_double_is_harm_with_its_cure() -> None:
    wanted = Column("event_n", "DOUBLE", path=("event", "n"))
    [found] = differences([Shown("event_n", "float")], [wanted])
    assert found.harmful
    assert str(found) == "column event_n is float, not DOUBLE"
    assert alter_table("t", [found]) == "ALTER TABLE `t` MODIFY COLUMN `event_n` DOUBLE"
