"""elfaust schema list, show, ddl, lint, diff and init."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from tests import REPOSITORY

FIRST = {"description": "Words.", "properties": {"word": {"type": "string", "description": "It."}}}
SECOND: dict[str, Any] = {"properties": {"word": {"type": "strin"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Word").mkdir()
    (tmp_path / "Word" / "1.json").write_text(json.dumps(FIRST))
    (tmp_path / "Word" / "2.json").write_text(json.dumps(SECOND))
    return tmp_path


def schema(folder: Path, *arguments: str) -> Result:
    environ = {"ELFAUST_SCHEMAS_FOLDER": str(folder)}
    return CliRunner().invoke(main, ["schema", *arguments], env=environ)


def test_list_has_each_revision_with_topic_table_and_description(folder: Path) -> None:
    result = schema(folder, "list")
    first, second = result.stdout.splitlines()
    assert first.split() == ["Word", "1", "eventlogging_Word_1", "Word_1", "Words."]
    assert second.split() == ["Word", "2", "eventlogging_Word_2", "Word_2"]
    listed = json.loads(schema(folder, "list", "--json").stdout)[0]
    assert listed == {
        "schema": "Word",
        "revision": 1,
        "topic": "eventlogging_Word_1",
        "table": "Word_1",
        "description": "Words.",
    }


@pytest.mark.parametrize(
    ("pattern", "number"), [("or", 2), ("WORD", 2), ("W*", 2), ("or*", 0), ("x", 0)]
)
def test_list_has_those_that_match_and_exits_1_for_none(
    folder: Path, pattern: str, number: int
) -> None:
    result = schema(folder, "list", pattern)
    assert (result.exit_code, len(result.stdout.splitlines())) == (int(not number), number)


def test_list_says_what_cannot_be_read_and_hides_no_other(folder: Path) -> None:
    (folder / "Word" / "3.json").write_text("{")
    (folder / "Word" / "4.json").write_text(json.dumps({"description": "\x1b[2J\nclear"}))
    third, fourth = schema(folder, "list").stdout.splitlines()[2:]
    assert "unexpected end" in third
    assert fourth.endswith(r"'\x1b[2J clear'")


def test_show_prints_the_newest_or_the_one_that_is_named(folder: Path) -> None:
    assert json.loads(schema(folder, "show", "Word").stdout) == SECOND
    assert json.loads(schema(folder, "show", "Word", "1").stdout) == FIRST


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Wrod",), "Did you mean Word?"),
        (("Word", "7"), "Did you mean Word 2? Its known revisions are 1, 2."),
        (("Zzz", "1"), "no schema"),
    ],
)
def test_a_schema_that_is_not_known(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = schema(folder, "show", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_ddl_prints_the_create_table(folder: Path) -> None:
    printed = schema(folder, "ddl", "Word", "1").stdout
    assert printed.startswith("CREATE TABLE IF NOT EXISTS `Word_1` (")
    assert "`event_word` VARCHAR(1024)" in printed
    assert printed.endswith(";\n")


def test_lint_exits_1_for_what_refuses_events(folder: Path) -> None:
    assert schema(folder, "lint", "Word", "1").exit_code == 0
    result = schema(folder, "lint", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {
        "schema": "Word",
        "revision": 2,
        "level": "error",
        "path": "$.event.word",
        "message": "Give it a type that there is, not 'strin'.",
    } in found


def test_lint_reads_a_file(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "Draft.json"
    file.write_text(json.dumps({"properties": {"l": {"type": "array"}}}))
    result = schema(folder, "lint", str(file))
    assert result.exit_code == 0
    assert "Draft 1 $.event.l: warning: MySQL keeps an array as JSON text" in result.stdout
    file.write_text("[1]")
    assert schema(folder, "lint", str(file)).exit_code == 1


@pytest.mark.parametrize("body", ["{not json", "[1]", '{"a": NaN}', '{"type": "string"}'])
def test_a_file_that_is_no_schema_hides_no_other(tmp_path: Path, body: str) -> None:
    (tmp_path / "Du").mkdir()
    (tmp_path / "Du" / "3.json").write_text(body)
    (tmp_path / "Du" / "4.json").write_text('{"properties": {"order": {}}}')
    result = schema(tmp_path, "lint", "--json")
    found = {(one["revision"], one["level"]) for one in json.loads(result.stdout)}
    assert (3, "error") in found
    assert {revision for revision, _ in found} == {3, 4}
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "schema '': no schema has such a name"),
        ("/dev", "/dev is a folder: name a file in it, or set schemas.folder to it"),
        (
            "/dev/null",
            "/dev/null: Input is a zero-length, empty document: line 1 column 1 (char 0)",
        ),
        ("/dev/zero", "/dev/zero: larger than 1,000,000 bytes"),
        ("Nope", "schema Nope: no schema has such a name"),
    ],
)
def test_what_is_linted_is_a_file_or_known(folder: Path, name: str, said: str) -> None:
    result = schema(folder, "lint", name)
    assert (result.exit_code, result.stderr) == (1, f"Error: {said}\n")


@pytest.mark.parametrize("text", ["[" * 2_000 + "]" * 2_000, '{"properties": {"\\ud800": {}}}'])
def test_lint_ends_with_a_finding_whatever_a_file_holds(tmp_path: Path, text: str) -> None:
    file = tmp_path / "schemas" / "Draft" / "1.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    result = schema(tmp_path / "schemas", "lint", str(file))
    assert result.exit_code == 1 or "warning" in result.stdout
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_diff_exits_1_for_a_breaking_change(folder: Path) -> None:
    result = schema(folder, "diff", "Word", "1", "2")
    assert result.exit_code == 1
    assert "$.event.word: breaking: type string, now strin" in result.stdout
    assert schema(folder, "diff", "Word", "1", "1").exit_code == 0
    changes = json.loads(schema(folder, "diff", "Word", "1", "2", "--json").stdout)
    described = {"path": "$.event", "message": "described differently"}
    assert {**described, "breaking": False, "sure": True} in changes


def test_diff_and_lint_follow_the_type_of_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of: dict[str, Any] = {"type": "integer", "default": 1}
    for revision in (3, 4):
        text = json.dumps({"properties": {"word": of}})
        (folder / "Word" / f"{revision}.json").write_text(text)
        of = {"type": "number", "default": 1e39}
    assert "does not fit FLOAT" in schema(folder, "diff", "Word", "3", "4").stdout
    assert schema(folder, "lint", "Word", "4").exit_code == 1
    monkeypatch.setenv("ELFAUST_MYSQL_NUMBER", "DOUBLE")
    told = schema(folder, "diff", "Word", "3", "4")
    assert told.exit_code == 1
    assert "look yourself: MySQL's column event_word BIGINT, now DOUBLE" in told.stdout
    assert schema(folder, "lint", "Word", "4").exit_code == 0


def test_wrong_usage_exits_2(folder: Path) -> None:
    assert schema(folder, "diff", "Word", "1").exit_code == 2
    assert schema(folder, "ddl", "Word", "one").exit_code == 2


@pytest.mark.parametrize("command", [("show",), ("ddl",), ("lint",), ("diff", "2")])
def test_a_wiki_that_does_not_answer_is_told_of_with_what_is_near(
    folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELFAUST_SCHEMAS_WIKI_URL", "http://127.0.0.1:9/api.php")
    monkeypatch.setenv("ELFAUST_SCHEMAS_WIKI_TIMEOUT", "0.1")
    verb, *more = command
    told = schema(folder, verb, "Word", "7", *more)
    assert told.exit_code == 3
    assert "the schema wiki gave no usable answer" in told.stderr
    assert "revisions are 1, 2" in told.stderr


@pytest.mark.parametrize("broken", [{"type": "string", "pattern": "*abc"}, "string", None])
def test_lint_exits_1_for_a_schema_by_which_nobody_can_judge(
    tmp_path: Path, broken: object
) -> None:
    file = tmp_path / "Draft" / "1.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"properties": {"a": broken}}))
    for named in ([str(file)], ["Draft"], ["Draft", "1"]):
        result = schema(tmp_path, "lint", *named)
        assert result.exit_code == 1
        assert "error: Nobody can judge by this schema: $.properties.a" in result.stdout
    told = schema(tmp_path, "ddl", "Draft", "1").stderr
    assert "$.properties.a" in told
    assert "Did you mean" not in told


def test_init_copies_the_examples_and_never_over_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert schema(folder, "init").exit_code == 0
    examples = REPOSITORY / "schemas"
    assert sorted(file.relative_to(folder) for file in folder.rglob("*.json")) == sorted(
        file.relative_to(examples) for file in examples.rglob("*.json")
    )
    result = schema(folder, "init")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{folder} is there already, and stays as it is" in result.stderr


def test_without_a_folder_the_examples_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    linted = CliRunner().invoke(main, ["schema", "lint", "SaveTiming", "--json"])
    assert linted.exit_code == 0
    assert {finding["schema"] for finding in json.loads(linted.stdout)} == {"SaveTiming"}
