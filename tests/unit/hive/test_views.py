"""The SELECT of a view, in Hive's words."""

from __future__ import annotations

import pyarrow as pa

from elfaust.hive.merge import merge
from elfaust.hive.views import HiveEngine, conformed, select, view_columns

INNER = pa.struct([("a", pa.int64())])


def of(value: str, have: pa.DataType, want: pa.DataType) -> str:
    return conformed(HiveEngine(), value, have, want)


def test_what_is_of_the_views_type_is_taken_as_it_is() -> None:
    upper = pa.struct([("A", pa.int64())])
    assert of("`event`", upper, INNER) == "`event`"


def test_a_struct_is_built_by_name_and_stays_null_where_it_is() -> None:
    wide = pa.struct([("b", pa.list_(pa.string())), ("a", pa.float64())])
    assert of("`event`", INNER, wide) == (
        "IF(`event` IS NULL, NULL, named_struct("
        "'b', IF(FALSE, array(CAST(NULL AS string)), NULL), "
        "'a', CAST(`event`.`a` AS double)))"
    )


def test_a_boolean_as_text_is_that_of_json() -> None:
    assert of("x", pa.bool_(), pa.string()) == (
        "CASE WHEN x THEN 'true' WHEN NOT x THEN 'false' END"
    )


def test_what_cannot_be_made_is_a_null_of_the_type() -> None:
    assert of("x", pa.string(), INNER) == (
        "IF(FALSE, named_struct('a', CAST(NULL AS bigint)), NULL)"
    )


def test_branches_have_the_same_columns_in_the_same_order() -> None:
    files = [pa.field("dt", pa.string()), pa.field("revision", pa.int64())]
    merged = merge({1: pa.schema(files), 2: pa.schema([*files, pa.field("received", pa.int64())])})
    text = select(HiveEngine(), merged, {1: "t1", 2: "t2"})
    newest, oldest = text.split("\nUNION ALL\n")
    names = [f"`{column.name}`" for column in view_columns(merged)]
    for branch in (newest, oldest):
        assert [line.rsplit(" AS ", 1)[1].strip(",") for line in branch.splitlines()[1:-1]] == names
    assert newest.endswith("FROM t2")
    assert "CAST(2 AS bigint) AS `revision`" in newest
    assert "CAST(NULL AS bigint) AS `received`" in oldest
