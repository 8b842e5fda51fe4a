"""Each table against its schema, as a server shows it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from elfaust.checks import Check
from elfaust.settings import Settings
from elfaust.sinks.mysql.table_checks import check_tables
from tests.unit.doctor.fakes import FakeCursor, Rows, wiki
from tests.unit.sinks.fakes import ShownTable

#: What elfaust.sinks.drift.SHOWN gives of the table of SCHEMA, `generated` left out.
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

    def __init__(self, table: str, shown: ShownTable, owner: str) -> None:
        super().__init__({})
        self._table = table
        self._shown = shown
        self._owners: Rows = [(owner,)] if shown.columns else []

    def execute(self, statement: str, parameters: tuple[object, ...] = ()) -> None:
        assert statement.startswith("SELECT ")
        if parameters not in ((), (self._table,), (self._shown.engine,)):
            self._rows = []
        elif "table_comment" in statement:
            self._rows = self._owners
        else:
            self._rows = self._shown.answer(statement)


def checked(
    settings: Settings,
    columns: Rows,
    owner: str = "Edit 1",
    table: str = "Edit_1",
    **given: Any,
) -> list[Check]:
    """Return the checks of a database that has one table of these columns and this comment."""
    shown = ShownTable([(*column, False) for column in columns], **given)
    return list(check_tables(settings, OneTable(table, shown, owner)))


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


@pytest.mark.parametrize(
    ("given", "what", "cure"),
    [
        (
            {"unique": [("ix_uuid", "uuid", None), ("mine", "wiki", None)]},
            "unique index mine lets events of one value be stored but once",
            "ALTER TABLE `Edit_1` DROP INDEX `mine`",
        ),
        (
            {"unique": [("ix_uuid", "uuid", 8)]},
            "unique index ix_uuid lets events of one value be stored but once",
            "ALTER TABLE `Edit_1` DROP INDEX `ix_uuid`",
        ),
        (
            {"constraints": [("foo", "CHECK")]},
            "CHECK foo refuses rows",
            "ALTER TABLE `Edit_1` DROP CONSTRAINT `foo`",
        ),
        (
            {"constraints": [("event_a", "CHECK")]},
            "CHECK event_a refuses rows",
            "ALTER TABLE `Edit_1` MODIFY COLUMN `event_a` BIGINT",
        ),
        (
            {"constraints": [("fk", "FOREIGN KEY")]},
            "FOREIGN KEY fk refuses rows",
            "ALTER TABLE `Edit_1` DROP FOREIGN KEY `fk`",
        ),
        (
            {"triggers": [("tr", "BEFORE", "INSERT")]},
            "trigger tr (BEFORE INSERT) runs with each row",
            "DROP TRIGGER `tr`",
        ),
        (
            {"engine": "MyISAM"},
            "has engine MyISAM, which keeps half a write",
            "ALTER TABLE `Edit_1` ENGINE = InnoDB",
        ),
        (
            {"kind": "VIEW"},
            "is a view",
            "DROP VIEW `Edit_1`",
        ),
        (
            {"next_id": 2**31},
            "column id has used 2147483647 of 2147483647 numbers",
            "ALTER TABLE `Edit_1` MODIFY COLUMN `id` BIGINT AUTO_INCREMENT NOT NULL",
        ),
    ],
)
def test_what_else_harms(settings: Settings, given: dict[str, Any], what: str, cure: str) -> None:
    harm, _ = checked(settings, COLUMNS, **given)
    assert harm == Check("table Edit_1", "fail", what, cure)


@pytest.mark.parametrize(
    "unique",
    [("PRIMARY", "id", None), ("both", "uuid", None)],
)
def test_an_index_of_what_is_unique_anyhow_is_no_harm(
    settings: Settings, unique: tuple[str, str, None]
) -> None:
    index = [unique, (unique[0], "wiki", None), ("ix_uuid", "uuid", None)]
    [check] = checked(settings, COLUMNS, unique=index)
    assert check.outcome == "ok"


def test_numbers_of_id_are_told_before_they_end(settings: Settings) -> None:
    told, _ = checked(settings, COLUMNS, next_id=1_800_000_001)
    assert (told.outcome, told.detail) == (
        "warn",
        "column id has used 1800000000 of 2147483647 numbers",
    )
    assert len(checked(settings, COLUMNS, next_id=1_700_000_000)) == 1
    for wide in ("bigint(20)", "bigint(20) unsigned", "int(10) unsigned"):
        columns = [("id", wide, 1, 0, 1), *COLUMNS[1:]]
        assert len(checked(settings, columns, next_id=1_800_000_001)) == 1


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
