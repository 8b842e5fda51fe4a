"""DuckDB itself can open no file and change no setting, whatever statement comes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from elfaust.query.duck import DuckDb
from elfaust.records import SchemaKey
from tests.unit.query.stored import EDIT, settings_of, store

#: What each would do if nobody looked at the statement: the engine itself must refuse it.
WRITES = (
    "COPY (SELECT 1) TO '{folder}/x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
    "EXPORT DATABASE '{folder}/x'",
    "ATTACH '{folder}/x.db'",
    "CALL enable_logging(storage='file', storage_path='{folder}/x')",
    "CALL enable_profiling(save_location='{folder}/x')",
    "SET temp_directory = '{folder}/x'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['{folder}']",
    "RESET enable_external_access",
    "PRAGMA profiling_output = '{folder}/x'",
    "INSTALL httpfs",
    "LOAD '{folder}/x'",
    "CREATE PERSISTENT SECRET x (TYPE http)",
    "FROM read_text('/etc/passwd')",
    "FROM read_parquet('{folder}/event/edit_1/*/*/*/*/a.parquet')",
    "FROM '{folder}/event/edit_1/year=2026/month=3/day=8/hour=2/a.parquet'",
    "FROM glob('/*')",
    "FROM 'http://127.0.0.1:1/x.parquet'",
    "FROM settings",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table in it."""
    path = tmp_path_factory.mktemp("walls")
    store(settings_of(path), SchemaKey("Edit", 1), EDIT, [{}])
    return path


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DuckDb]:
    """What has the tables of the folder."""
    opened = DuckDb(settings_of(folder))
    assert list(opened.ask("SELECT count(*) FROM edit_1").rows) == [[1]]
    yield opened
    opened.close()


@pytest.mark.parametrize("sql", WRITES)
def test_the_engine_itself_opens_no_file(engine: DuckDb, folder: Path, sql: str) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(duckdb.Error, match=r"locked|does not exist|disabled"):
        engine._connection.execute(sql.format(folder=folder)).fetchall()
    assert sorted(folder.rglob("*")) == before
