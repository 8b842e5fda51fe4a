"""The field cases that need no server, by what a person or a store sees of them.

tests/integration/test_field_cases.py has those of lines, records and files on real servers, and
some of these once more. Those of the capsule and of `schema diff` are in the tests of both as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.testing import make_record
from tests.field_cases import FOLDER, case, given, write_schemas

Schemas = Mapping[str, Any]
TEXT = {"FText/1": {"properties": {"s": {"type": "string"}}}}


def run(folder: Path, *arguments: str, lines: bytes = b"", **environ: str) -> Result:
    """Return what a command says of the schemas of a folder, `environ` set beside them."""
    environ["ELFAUST_SCHEMAS_FOLDER"] = str(folder)
    return CliRunner().invoke(main, arguments, input=lines, env=environ)


def lint(folder: Path, name: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code of `schema lint` and what it finds in a schema."""
    result = run(folder, "schema", "lint", name, "1", "--json")
    return result.exit_code, json.loads(result.stdout)


def validate(folder: Path, lines: Sequence[str], **environ: str) -> list[dict[str, Any]]:
    """Return what `validate` says of each line, fault or event."""
    text = "".join(f"{line}\n" for line in lines).encode()
    result = run(folder, "validate", "--json", lines=text, **environ)
    return [json.loads(line) for line in result.stdout.splitlines()]


def plain(key: str, event: Any) -> str:
    """Return an event as the JSON that `validate` takes."""
    schema, _, revision = key.partition("/")
    capsule = {"schema": schema, "revision": int(revision), "wiki": "enwiki", "event": event}
    return json.dumps({**capsule, "recvFrom": "h", "seqId": 1, "dt": "2026-11-25T16:00:00Z"})


def in_parquet(schema: Any, verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of an event that is valid."""
    value = json.dumps(verdict["event"]).encode()
    table, refused = ParquetWriter(Schema(SchemaKey("C", 1), schema)).table(
        [make_record(value, 0, 0)]
    )
    assert not refused
    rows: list[dict[str, Any]] = table.to_pylist()
    [row] = rows
    return row


def test_each_case_has_an_answer() -> None:
    numbers = [int(file.name[:2]) for file in FOLDER.glob("*.json")]
    assert len(numbers) == 14
    assert all(case(number)["right"] for number in numbers)


def test_01_a_name_that_no_column_can_have_is_an_error_of_its_schema(tmp_path: Path) -> None:
    write_schemas(tmp_path, given(1)["schemas"])
    for name in "ABC":
        code, found = lint(tmp_path, name)
        assert (code, "error" in {one["level"] for one in found}) == (1, True), found
    assert lint(tmp_path, "Ok")[0] == 0
    bad, good = validate(tmp_path, given(1)["server_lines"])
    assert (bad["outcome"], good["outcome"]) == ("consumer", "valid")


def test_07_a_time_that_no_clock_tells_is_refused_for_both_stores(tmp_path: Path) -> None:
    write_schemas(tmp_path, TEXT)
    told = validate(tmp_path, given(7)["client_lines"])
    assert [(one["outcome"], one["path"]) for one in told] == [("consumer", "$.dt")] * 2


def test_08_a_property_may_be_named_like_a_keyword(tmp_path: Path) -> None:
    schemas, event = given(8)["schemas"], given(8)["event"]
    write_schemas(tmp_path, schemas)
    ddl = run(tmp_path, "schema", "ddl", "P", "1").stdout
    assert "`event_default` BIGINT" in ddl
    assert "`event_name` BIGINT" in ddl
    for key, schema in schemas.items():
        struct = ParquetWriter(Schema(SchemaKey("P", 1), schema)).schema.field("event").type
        assert struct.field("default").type == pa.int64()
        [told] = validate(tmp_path, [plain(key, event)])
        assert told["outcome"] == "valid"
        assert in_parquet(schema, told)["event"]["default"] == event["default"]


def test_11_a_key_that_no_property_names_is_stored_or_told(tmp_path: Path) -> None:
    schemas = given(11)["schemas"]
    for (key, schema), event in zip(schemas.items(), given(11)["events"], strict=True):
        name = f"C{key[-1]}"
        write_schemas(tmp_path, {f"{name}/1": schema})
        _, found = lint(tmp_path, name)
        assert any("no column" in one["message"] for one in found if one["path"] == "$.event")
        [told] = validate(tmp_path, [plain(f"{name}/1", event)])
        assert told["outcome"] == "valid"
        row = in_parquet(schema, told)
        assert row["event"] | json.loads(row["event_unnamed"]) == event


def test_12_a_schema_by_which_nobody_can_judge_is_an_error(tmp_path: Path) -> None:
    schemas, event = given(12)["schemas"], given(12)["event"]
    for key, schema in schemas.items():
        name = f"L{key[-1]}"
        write_schemas(tmp_path, {f"{name}/1": schema})
        code, found = lint(tmp_path, name)
        assert (code, "error" in {one["level"] for one in found}) == (1, True), found
        [told] = validate(tmp_path, [plain(f"{name}/1", event)])
        assert told["outcome"] == "processor"


@pytest.mark.parametrize(
    "schema",
    [
        given(14)["schema"],
        {"properties": {f"p{n}": {"type": "integer"} for n in range(966)}},
        {"properties": {f"p{n}": {"type": "any"} for n in range(1_011)}},
    ],
)
def test_14_a_table_that_mysql_refuses_is_an_error(tmp_path: Path, schema: Any) -> None:
    write_schemas(tmp_path, {"Wide/1": schema})
    code, found = lint(tmp_path, "Wide")
    assert code == 1
    assert any(one["level"] == "error" for one in found)
    [told] = validate(tmp_path, [plain("Wide/1", {})])
    assert told["outcome"] == "consumer"


@pytest.mark.parametrize("pair", given(16)["pairs"])
def test_16_diff_passes_over_no_keyword(tmp_path: Path, pair: str) -> None:
    for number, part in enumerate(given(16)["pairs"][pair], 1):
        write_schemas(tmp_path, {f"D/{number}": {"properties": {"a": part}}})
    result = run(tmp_path, "schema", "diff", "D", "1", "2")
    assert result.exit_code == 1
    assert re.search(r"\$\.event\.a\S*: (breaking|changed: look yourself)", result.stdout)


@pytest.mark.parametrize(("agent", "right"), given(17)["user_agents"].items())
def test_17_bots_and_mediawiki_are_told_by_eventlogging_s_rule(
    tmp_path: Path, agent: str, right: str
) -> None:
    write_schemas(tmp_path, TEXT)
    line = given(7)["client_lines"][0].replace("15:59:60", "15:59:59")
    [told] = validate(tmp_path, [line.replace("Mozilla/5.0", agent)])
    flag, value = right.split()
    assert told["event"]["userAgent"][flag] is json.loads(value)


@pytest.mark.parametrize("setting", given(20)["settings"])
@pytest.mark.parametrize("command", [("config", "show"), ("schema", "lint"), ("doctor",)])
@pytest.mark.parametrize("in_file", [True, False])
def test_20_a_text_that_is_no_setting_is_named(
    tmp_path: Path, setting: dict[str, str], command: tuple[str, ...], in_file: bool
) -> None:
    [(name, text)] = setting.items()
    section, _, key = name.partition(".")
    conf, named = tmp_path / "faust.conf", f"ELFAUST_{section}_{key}".upper()
    conf.write_text(f"[{section}]\n{key} = {text}\n" if in_file else "")
    environ = {} if in_file else {named: text}
    result = CliRunner().invoke(main, ["--conf", str(conf), *command], env=environ)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert f"{name} = {text!r} is not " in result.stderr


def test_21_a_word_that_hive_keeps_for_itself_is_a_warning(tmp_path: Path) -> None:
    write_schemas(tmp_path, {"Words/1": given(21)["schema"]})
    _, found = lint(tmp_path, "Words")
    warned = {
        one["path"] for one in found if one["level"] == "warning" and "Hive" in one["message"]
    }
    assert warned == {f"$.event.{name}" for name in given(21)["schema"]["properties"]}


def test_23_a_number_past_its_column_is_refused_and_else_the_nearest(tmp_path: Path) -> None:
    schema, events = given(23)["schema"], given(23)["events"]
    write_schemas(tmp_path, {"F/1": schema})
    lines = [plain("F/1", event) for event in events]
    for told in validate(tmp_path, lines):
        assert (told["outcome"], told["path"]) == ("consumer", "$.event.n")
    for told, event in zip(
        validate(tmp_path, lines, ELFAUST_MYSQL_NUMBER="DOUBLE"), events, strict=True
    ):
        assert in_parquet(schema, told)["event"]["n"] == float(event["n"])
    reference = Path(__file__).parents[2] / "docs" / "reference.md"
    assert "the nearest number where the property is a number" in reference.read_text()
