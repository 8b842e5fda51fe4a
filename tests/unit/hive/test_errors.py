"""The table of EventErrors: external as all are, with a comment on each column."""

from __future__ import annotations

from dataclasses import replace

from elfaust.hive.ddl import create_table
from elfaust.hive.errors import errors_table
from elfaust.hive.tables import KEPT
from elfaust.settings import Settings
from elfaust.sinks.parquet.error_table import COLUMNS


def test_it_is_an_external_table_that_says_what_its_columns_hold() -> None:
    settings = replace(Settings(), hdfs=replace(Settings().hdfs, root="/r"))
    table = errors_table(settings)
    assert (table.name, table.location) == ("eventerror", "/r/eventerror")
    assert table.properties.items() >= KEPT.items()
    assert [column.name for column in table.columns] == list(COLUMNS)
    # Short, and of latin1: nothing of them is cut or replaced.
    assert [column.comment for column in table.columns] == [words for _, words in COLUMNS.values()]
    statement = create_table(table, "event")
    assert "`schema` string COMMENT" in statement
    assert "`received` timestamp COMMENT" in statement
