"""Columns of views: merged by name, widened, and NULL where nothing can be made of a type."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from elfaust.hive.merge import Lost, merge
from elfaust.hive.types import hive_type


def columns(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in types.items()])


def wide(*types: pa.DataType) -> pa.DataType:
    """Return the type of a view's column, of those of its revisions, the oldest first."""
    merged = merge({number: columns(a=kind) for number, kind in enumerate(types, 1)})
    return merged.columns.field("a").type


def test_the_same_type_stays() -> None:
    assert wide(pa.int64(), pa.int64()) == pa.int64()


def test_integers_and_numbers_are_double() -> None:
    assert wide(pa.int64(), pa.float64()) == wide(pa.float64(), pa.int64()) == pa.float64()


def test_other_scalars_are_text() -> None:
    assert wide(pa.int64(), pa.bool_()) == pa.string()
    assert wide(pa.string(), pa.float64(), pa.int64()) == pa.string()


def test_a_column_of_one_revision_is_in_the_view() -> None:
    merged = merge({1: columns(a=pa.int64(), old=pa.string()), 2: columns(new=pa.bool_())})
    assert merged.columns.names == ["new", "a", "old"]
    assert list(merged.revisions) == [2, 1]


def test_structs_are_merged_by_name_in_the_order_of_the_newest() -> None:
    old = pa.struct([("Both", pa.int64()), ("a", pa.string()), ("b", pa.string())])
    new = pa.struct([("b", pa.string()), ("both", pa.float64()), ("c", pa.string())])
    assert wide(old, new) == pa.struct(
        [("b", pa.string()), ("both", pa.float64()), ("c", pa.string()), ("a", pa.string())]
    )


def test_what_cannot_be_converted_is_told_and_the_newest_decides() -> None:
    merged = merge(
        {
            1: columns(event=pa.struct([("a", pa.list_(pa.int64()))])),
            2: columns(event=pa.struct([("a", pa.string())])),
            3: columns(event=pa.struct([("a", pa.list_(pa.float64()))])),
        }
    )
    assert merged.columns.field("event").type == pa.struct([("a", pa.list_(pa.float64()))])
    assert merged.lost == (
        Lost(2, "event.a", "string", "array<double>"),
        Lost(1, "event.a", "array<bigint>", "array<double>"),
    )


def test_a_field_without_a_name_is_left_out() -> None:
    merged = merge({1: columns(event=pa.struct([("", pa.int64()), ("a", pa.int64())]))})
    assert merged.columns.field("event").type == pa.struct([("a", pa.int64())])


SCALARS = st.sampled_from([pa.string(), pa.int64(), pa.float64(), pa.bool_()])
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        inner.map(pa.list_),
        st.dictionaries(st.sampled_from("abcd"), inner, min_size=1).map(
            lambda fields: pa.struct(list(fields.items()))
        ),
    ),
)


@given(st.lists(TYPES, min_size=1, max_size=4))
def test_merging_again_changes_nothing(types: list[pa.DataType]) -> None:
    once = wide(*types)
    assert hive_type(wide(once, once)) == hive_type(once)


@given(st.lists(SCALARS, min_size=1, max_size=5))
def test_scalars_are_widened_whatever_their_order(types: list[pa.DataType]) -> None:
    assert wide(*types) == wide(*reversed(types))
