"""elfaust query, tables and freshness over Parquet files in a folder, without any server."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from elfaust.records import SchemaKey
from elfaust.settings import Settings, as_environ
from tests.unit.query.stored import EDIT, EDIT_2, settings_of, store

ONE, TWO = SchemaKey("Edit", 1), SchemaKey("Edit", 2)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of two revisions' files; MySQL is no store."""
    settings = settings_of(tmp_path_factory.mktemp("query"))
    store(settings, ONE, EDIT, [{"action": 'a "b"\n', "items": ["x"]}, {"action": ""}])
    store(settings, TWO, EDIT_2, [{"tries": 1.5}], "2026-03-08T03:00:00Z")
    return replace(settings, processor=replace(settings.processor, stores="hdfs"))


def run(settings: Settings, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, env=as_environ(settings))


def test_an_answer_is_a_table_json_or_csv(settings: Settings) -> None:
    sql = "SELECT event.action, event.items, event.tries FROM edit ORDER BY dt, uuid"
    wanted = [['a "b"\n', ["x"], None], ["", None, None], [None, None, 1.5]]
    rows = run(settings, "query", "--json", sql)
    assert rows.exit_code == 0
    assert [list(json.loads(line).values()) for line in rows.stdout.splitlines()] == wanted
    read = list(csv.reader(io.StringIO(run(settings, "query", "--csv", "-", stdin=sql).stdout)))
    assert read[1:] == [['a "b"\n', '["x"]', ""], ["", "", ""], ["", "", "1.5"]]
    assert "NULL" in run(settings, "query", sql).stdout


def test_a_table_is_cut_and_says_so(settings: Settings) -> None:
    asked = run(settings, "query", "SELECT * FROM range(500)")
    assert len(asked.stdout.splitlines()) == 102
    assert "only the first 100 rows are shown" in asked.stderr
    assert len(run(settings, "query", "--json", "SELECT * FROM range(500)").stdout.split()) == 500
    limited = run(settings, "query", "--csv", "--limit", "2", "SELECT * FROM range(500)")
    assert (limited.stdout.split(), limited.stderr) == (["range", "0", "1"], "")


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("DROP TABLE edit", 2, "refused"),
        ("SELECT * FROM read_text('/etc/passwd')", 2, "refused"),
        ("SELECT * FROM nothing", 2, "no table 'nothing'"),
        ("SELECT nothing FROM edit", 1, "not found"),
        ("SELECT FROM", 1, "syntax error"),
    ],
)
def test_the_exit_code_says_what_was_wrong(
    settings: Settings, sql: str, code: int, said: str
) -> None:
    answer = run(settings, "query", sql)
    assert answer.exit_code == code
    assert said in answer.stderr
    assert answer.stdout == ""


def test_what_is_no_utf8_is_refused(settings: Settings) -> None:
    for arguments, stdin in (["SELECT '\udcff'"], b""), (["-"], b"SELECT '\xff'"):
        asked = CliRunner().invoke(
            main, ["query", *arguments], input=stdin, env=as_environ(settings)
        )
        assert (asked.exit_code, asked.stdout) == (2, "")
        assert "refused" in asked.stderr
        assert "of it is not UTF-8" in asked.stderr


def test_options_that_cannot_be_together_are_refused(settings: Settings) -> None:
    assert run(settings, "query", "--json", "--csv", "SELECT 1").exit_code == 2
    asked = run(settings, "query", "--engine", "hive", "SELECT 1")
    assert (asked.exit_code, "hive.host is empty" in asked.stderr) == (2, True)


def test_tables_are_listed_and_one_is_described(settings: Settings) -> None:
    found = json.loads(run(settings, "tables", "ed*", "--json").stdout)
    assert [of["hive"] for of in found["tables"]] == ["edit_1", "edit_2"]
    assert found["columns"] == []
    shown = run(settings, "tables", "Edit")
    assert shown.exit_code == 0
    for text in ("Edit_1", "edit_2", "An edit, or what", "event_tries", "event.tries"):
        assert text in shown.stdout
    assert run(settings, "tables", "nothing").exit_code == 1


def test_freshness_is_told(settings: Settings) -> None:
    found = json.loads(run(settings, "freshness", "--json").stdout)
    assert [of["last_event"] for of in found["tables"]] == [
        *("2026-03-08T02:30:00Z", "2026-03-08T03:00:00Z")
    ]
    shown = run(settings, "freshness", "edit")
    assert shown.exit_code == 0
    assert "edit_1" in shown.stdout
    assert " ago" in shown.stdout
    assert run(settings, "freshness", "nothing").exit_code == 1


def test_a_store_that_is_away_is_told_and_the_others_shown(settings: Settings) -> None:
    both = replace(settings, processor=replace(settings.processor, stores="mysql hdfs"))
    both = replace(both, mysql=replace(both.mysql, port=1))
    for command in ("tables", "freshness"):
        shown = run(both, command)
        assert shown.exit_code == 3
        assert "edit_1" in shown.stdout
        assert "MySQL 127.0.0.1:1 is not available" in shown.stderr


def test_a_file_that_cannot_be_read_is_named_and_the_others_shown(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    settings = replace(settings, processor=replace(settings.processor, stores="hdfs"))
    store(settings, ONE, EDIT, [{}])
    path = store(settings, ONE, EDIT, [{}], name="\x1b[2J")
    path.write_bytes(path.read_bytes()[:-1])
    for command in ("tables", "freshness"):
        shown = run(settings, command)
        assert shown.exit_code == 0
        assert "edit_1" in shown.stdout
        assert "/\\x1b[2J.parquet: its footer cannot be read" in shown.stderr
        told = json.loads(run(settings, command, "--json").stdout)
        assert [of["path"] for of in told["unread"]] == [str(path)]
        assert told["away"] == []


def test_a_folder_that_no_table_can_have_is_said(settings: Settings, tmp_path: Path) -> None:
    path = "{year}/{month}/{day}/{hour}/{schema}_{revision}"
    other = replace(settings, hdfs=replace(settings.hdfs, root=str(tmp_path), path=path))
    assert run(other, "query", "SELECT 1 FROM edit").exit_code == 2
