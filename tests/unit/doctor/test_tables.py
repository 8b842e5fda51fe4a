"""Each table against its schema, as a server shows it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from elfaust.doctor.check import Check
from elfaust.doctor.tables import check_tables
from elfaust.settings import Settings
from tests.unit.doctor.fakes import FakeCursor, Rows, wiki

#: What information_schema.columns says of the table of SCHEMA (elfaust.sinks.drift.SHOWN).
TEXT = ("varchar(1024)", 0, 1, 0)
COLUMNS: Rows = [
    ("id", "int(11)", 1, 0, 1),
    ("uuid", "char(32)", 0, 1, 1),
    ("dt", "datetime", 0, 1, 0),
    ("timestamp", "varchar(14)", 0, 1, 0),
    ("userAgent", *TEXT),
    ("webHost", *TEXT),
    ("wiki", *TEXT),
    ("event_a", "bigint(20)", 0, 1, 0),
]
SCHEMA = {"properties": {"a": {"type": "integer"}}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "Edit").mkdir()
    (tmp_path / "Edit" / "1.json").write_text(json.dumps(SCHEMA))
    base = Settings()
    return dataclasses.replace(
        base, schemas=dataclasses.replace(base.schemas, folder=str(tmp_path))
    )


class OneTable(FakeCursor):
    """A database with one table; it takes SELECT alone."""

    def __init__(self, table: str, columns: Rows, owner: str) -> None:
        super().__init__({"tables": [(owner,)] if columns else [], "columns": columns})
        self._table = table

    def execute(self, statement: str, parameters: tuple[object, ...] = ()) -> None:
        super().execute(statement, parameters)
        assert statement.startswith("SELECT ")
        if parameters not in ((), (self._table,)):
            self._rows = []


def checked(
    settings: Settings, columns: Rows, owner: str = "Edit 1", table: str = "Edit_1"
) -> list[Check]:
    """Return the checks of a database that has one table of these columns and this comment."""
    return list(check_tables(settings, OneTable(table, columns, owner)))


def test_a_table_as_its_schema_makes_it(settings: Settings) -> None:
    [check] = checked(settings, COLUMNS)
    assert check == Check("MySQL tables", "ok", "1 of 1 known schemas have one")
    assert checked(settings, COLUMNS, owner="") == [check]


def test_no_table_is_there_yet(settings: Settings) -> None:
    [check] = checked(settings, [])
    assert check == Check("MySQL tables", "ok", "0 of 1 known schemas have one")


def test_a_table_that_was_altered(settings: Settings) -> None:
    altered, known = checked(settings, COLUMNS[:-1])
    assert altered == Check(
        "table Edit_1",
        "fail",
        "column event_a BIGINT is missing",
        "ALTER TABLE `Edit_1` ADD COLUMN `event_a` BIGINT",
    )
    assert known.detail == "1 of 1 known schemas have one, 1 named above"


def test_a_column_that_nobody_fills(settings: Settings) -> None:
    extra, _ = checked(settings, [*COLUMNS, ("mine", "int(11)", 0, 1, 0)])
    assert extra.outcome == "warn"
    assert extra.detail == "column mine int(11) is not of the schema"


def test_harm_and_what_is_harmless_are_told_apart(settings: Settings) -> None:
    harm, extra, _ = checked(settings, [*COLUMNS[:-1], ("mine", "int(11)", 0, 1, 0)])
    assert (harm.outcome, extra.outcome) == ("fail", "warn")
    assert "mine" not in harm.detail + harm.cure


def test_a_table_of_another_schema(settings: Settings) -> None:
    warned, *_ = checked(settings, COLUMNS, owner="Edit 2")
    assert warned.outcome == "warn"
    assert "is that of schema Edit 2, not of Edit 1" in warned.detail


def test_a_table_whose_schema_is_not_known_is_told(settings: Settings) -> None:
    away = "http://127.0.0.1:1/api.php"
    schemas = dataclasses.replace(settings.schemas, wiki_url=away, wiki_timeout=0.1)
    for more in (settings, dataclasses.replace(settings, schemas=schemas)):
        check, _ = checked(more, COLUMNS, owner="Gone-by 7", table="Gone_by_7")
        assert (check.name, check.outcome) == ("table Gone_by_7", "warn")
        assert check.detail.startswith("not compared, its schema is unknown: ")


def test_a_schema_that_only_the_wiki_has_is_compared_too(settings: Settings) -> None:
    with wiki(200, json.dumps(SCHEMA).encode()) as schemas:
        there = dataclasses.replace(schemas, folder=settings.schemas.folder)
        more = dataclasses.replace(settings, schemas=there)
        check, known = checked(more, COLUMNS[:-1], owner="Talk 3", table="Talk_3")
    assert (check.name, check.outcome) == ("table Talk_3", "fail")
    assert known.detail == "1 of 2 known schemas have one, 1 named above"


def put(settings: Settings, revision: int, *names: str) -> None:
    """Write a schema of Edit with strings of these names."""
    schema = {"properties": {name: {"type": "string"} for name in names}}
    (Path(settings.schemas.folder) / "Edit" / f"{revision}.json").write_text(json.dumps(schema))


def test_a_schema_that_can_have_no_table_is_passed_over(settings: Settings) -> None:
    put(settings, 2, "a" * 70)
    checks = checked(settings, COLUMNS, owner="Edit 2", table="Edit_2")
    assert [check.outcome for check in checks] == ["ok"]


def test_the_strings_of_a_wide_table_are_text(settings: Settings) -> None:
    names = [f"s{n:02}" for n in range(20)]
    put(settings, 2, *names)
    strings = ["userAgent", "webHost", "wiki", *(f"event_{name}" for name in names)]
    wide: Rows = [*COLUMNS[:4], *((name, "text", 0, 1, 0) for name in strings)]
    checks = checked(settings, wide, owner="Edit 2", table="Edit_2")
    assert [check.outcome for check in checks] == ["ok"]
    narrow: Rows = [*COLUMNS[:4], *((name, *TEXT) for name in strings)]
    checks = checked(settings, narrow, owner="Edit 2", table="Edit_2")
    assert [check.outcome for check in checks] == ["fail", "ok"]


def test_a_table_of_2015_has_other_columns(settings: Settings) -> None:
    schemas = dataclasses.replace(settings.schemas, compatibility="2015")
    found, *_ = checked(dataclasses.replace(settings, schemas=schemas), COLUMNS)
    assert found.outcome == "fail"
    assert "column clientIp VARCHAR(191) is missing" in found.detail
