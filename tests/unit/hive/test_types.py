"""Types of Hive."""

from __future__ import annotations

import pyarrow as pa
import pytest

from elfaust.hive.types import hive_type, nameable_columns


def test_types_are_those_of_the_metastore() -> None:
    inner = pa.struct([("fooBar", pa.list_(pa.list_(pa.float64()))), ("b", pa.bool_())])
    assert hive_type(inner) == "struct<foobar:array<array<double>>,b:boolean>"
    assert hive_type(pa.timestamp("ms")) == "timestamp"
    assert hive_type(pa.int64()) == "bigint"


@pytest.mark.parametrize("kind", [pa.timestamp("ms", "UTC"), pa.binary(), pa.null()])
def test_other_types_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(ValueError, match="no type of Hive"):
        hive_type(kind)


def test_a_column_of_nothing_that_has_a_name_is_left_out() -> None:
    nothing = pa.list_(pa.struct([("", pa.int64())]))
    columns = pa.schema([("a", pa.struct([("b", nothing)])), ("c", pa.int64())])
    assert nameable_columns(columns) == pa.schema([("c", pa.int64())])
