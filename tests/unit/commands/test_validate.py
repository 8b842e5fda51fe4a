"""elfaust validate: the processor's verdicts on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from elfaust.commands import main
from elfaust.trial.recorded import RECORDED
from elfaust.words.hints import BROKEN_FILE

CASES: list[dict[str, Any]] = [json.loads(line) for line in RECORDED.read_text().splitlines()]
SERVER = "%{seqId}d EventLogging %j"
EVENT = {"schema": "Word", "revision": 1, "wiki": "enwiki", "event": {"word": "x"}}


@pytest.fixture
def schemas(tmp_path: Path) -> str:
    (tmp_path / "Word").mkdir()
    schema = {"properties": {"word": {"type": "string", "required": True}}}
    (tmp_path / "Word" / "1.json").write_text(json.dumps(schema))
    return str(tmp_path)


def validate(lines: bytes, *options: str) -> Result:
    return CliRunner().invoke(main, ["validate", *options], input=lines)


def judged(cases: list[dict[str, Any]], *options: str) -> list[dict[str, Any]]:
    lines = b"".join(case["line"].encode("utf-8", "surrogateescape") + b"\n" for case in cases)
    result = validate(lines, "--json", *options)
    assert result.exit_code == any(case["outcome"] != "valid" for case in cases)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("line_format", ["%q %{recvFrom}s %{seqId}d %D %{ip}i %u", SERVER])
def test_every_case_has_its_verdict(line_format: str) -> None:
    cases = [case for case in CASES if case["format"] == line_format]
    verdicts = judged(cases, "--format", line_format)
    assert [verdict["outcome"] for verdict in verdicts] == [case["outcome"] for case in cases]
    for verdict, case in zip(verdicts, cases, strict=True):
        if case["outcome"] == "valid":
            assert verdict["event"] == case["event"]
        else:
            found = (verdict["schema"], verdict["revision"], verdict["message"][:200])
            assert found == (case["schema"], case["revision"], case["message"][:200])


def test_the_kind_of_a_line_is_seen() -> None:
    cases = [case for case in CASES if case["outcome"] == "valid"]
    assert [verdict["event"] for verdict in judged(cases)] == [case["event"] for case in cases]


def test_a_plain_event_is_told_where_it_is_wrong(schemas: str) -> None:
    wrong = {**EVENT, "event": {"word": 5}}
    lines = f"{json.dumps(EVENT)}\n\n{json.dumps(wrong)}\n".encode()
    result = validate(lines, "--schema-dir", schemas)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "line 1: valid, Word 1",
        "line 3: validation, Word 1: $.event.word is 5, and its schema wants string",
        "  Send $.event.word as string.",
    ]
    assert "2 events: 1 valid, 1 refused" in result.stderr
    result = validate(lines, "--schema-dir", schemas, "--json")
    told = {
        "message": "5 is not of type 'string'",
        "cause": "$.event.word is 5, and its schema wants string",
        "path": "$.event.word",
        "hint": "Send $.event.word as string.",
    }
    assert json.loads(result.stdout.splitlines()[1]) == {
        "line": 3,
        "outcome": "validation",
        "schema": "Word",
        "revision": 1,
        **told,
        "faults": [told],
    }


def test_every_fault_is_told_with_what_is_near(schemas: str) -> None:
    wrong = {**EVENT, "webhost": "h", "event": {"wrod": 5, "x": 1}}
    result = validate(json.dumps(wrong).encode(), "--schema-dir", schemas)
    assert result.stdout.splitlines() == [
        'line 1: validation, Word 1: $ has what its schema does not name: "webhost"',
        "  Send only what the schema names in $, or add it to the schema, as a new revision."
        " Did you mean webHost for webhost?",
        'line 1: also: $.event has what its schema does not name: "wrod", "x"',
        "  Send only what the schema names in $.event, or add it to the schema, as a new revision."
        " Did you mean word for wrod?",
        "line 1: also: $.event.word is missing",
        "  Send $.event.word, which the schema requires. Is wrod it?",
    ]
    result = validate(json.dumps(wrong).encode(), "--schema-dir", schemas, "--json")
    told = json.loads(result.stdout)
    assert told["line"] == 1
    assert [fault["path"] for fault in told["faults"]] == ["$", "$.event", "$.event.word"]


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ({"schema": "Wrod"}, "Did you mean Word?"),
        ({"revision": 2}, "Did you mean Word 1? Its known revisions are 1."),
        ({"schema": "Zzz"}, "revision that the event gives."),
    ],
)
def test_a_schema_that_nobody_knows_is_told_with_what_is_near(
    schemas: str, named: dict[str, Any], asked: str
) -> None:
    result = validate(json.dumps({**EVENT, **named}).encode(), "--schema-dir", schemas, "--json")
    told = json.loads(result.stdout)
    assert told["message"] == "<SchemaError: 'Schema fetch failed: not in the repository'>"
    assert told["hint"].endswith(asked)


def test_a_schema_whose_file_is_broken_is_told_so(schemas: str) -> None:
    (Path(schemas) / "Word" / "2.json").write_text("{")
    event = json.dumps({**EVENT, "revision": 2}).encode()
    told = json.loads(validate(event, "--schema-dir", schemas, "--json").stdout)
    assert told["hint"] == BROKEN_FILE


@pytest.mark.parametrize(
    ("fields", "message", "path"),
    [
        ({"timestamp": 890_533_000_000}, "year 30189 is out of range", "$.timestamp"),
        ({"dt": "", "timestamp": "soon"}, "'soon' is no time", "$.timestamp"),
        ({"dt": ""}, "KeyError('timestamp')", "$.dt"),
        ({"seqId": "x"}, "invalid literal for int() with base 10: 'x'", "$.seqId"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(
    schemas: str, fields: dict[str, Any], message: str, path: str
) -> None:
    result = validate(json.dumps({**EVENT, **fields}).encode(), "--schema-dir", schemas, "--json")
    told = json.loads(result.stdout)
    assert told["outcome"] == "processor"
    assert message in told["message"]
    assert told["path"] == path
    assert told["hint"].startswith(f"Send {path} ")


def test_events_may_go_over_lines_and_stand_in_arrays(schemas: str) -> None:
    wrong = {**EVENT, "event": {"word": 5}}
    text = json.dumps([EVENT, wrong], indent=2) + "\n" + json.dumps(EVENT, indent=1)
    for line_format in ("auto", "json"):
        found = validate(text.encode(), "--schema-dir", schemas, "--format", line_format)
        assert [line for line in found.stdout.splitlines() if line[:1] != " "] == [
            "line 2: valid, Word 1",
            "line 10: validation, Word 1: $.event.word is 5, and its schema wants string",
            "line 19: valid, Word 1",
        ]


def test_json_that_cannot_be_read_is_one_fault_in_words(schemas: str) -> None:
    text = json.dumps(EVENT, indent=2).replace('": 1,', '": 1') + f"\n{json.dumps(EVENT)}\n[3]\n"
    assert validate(text.encode(), "--schema-dir", schemas).stdout.splitlines() == [
        "line 1: processor, Word 1: a comma or a closing bracket is missing at character 3 of its"
        ' line 4: "\\"wiki\\": \\"enwiki\\","',
        "  Write the event as one JSON object.",
        "line 9: valid, Word 1",
        "line 10: processor, unknown -1: the event is a number, not an object",
        "  Write the event as one JSON object.",
    ]


def test_a_beacon_that_may_be_cut_is_warned_of(schemas: str) -> None:
    query = quote(json.dumps({**EVENT, "event": {"word": "x" * 900}}))
    line = f"http://127.0.0.1/beacon/event?{query};"
    result = validate(line.encode(), "--schema-dir", schemas)
    assert result.exit_code == 0
    warning = f"The beacon's query has {len(query) + 1:,} characters: "
    assert result.stdout.splitlines()[1].startswith(f"  Warning: {warning}")
    told = json.loads(validate(line.encode(), "--schema-dir", schemas, "--json").stdout)
    assert told["warning"].startswith(warning)


def test_all_valid_exits_0(schemas: str) -> None:
    result = validate(json.dumps(EVENT).encode(), "--schema-dir", schemas)
    assert (result.exit_code, result.stdout) == (0, "line 1: valid, Word 1\n")


def test_the_rules_of_2015(schemas: str) -> None:
    query = json.dumps(EVENT, separators=(",", ":"))
    line = f'?{query};\tcp1054.eqiad.wmnet\t438763\t2013-01-21T18:10:34\t1.2.3.4\t"Mozilla/5.0"'
    result = validate(line.encode(), "--schema-dir", schemas, "--compatibility", "2015", "--json")
    assert json.loads(result.stdout)["event"] == {
        **EVENT,
        "recvFrom": "cp1054.eqiad.wmnet",
        "seqId": 438763,
        "timestamp": 1358791834,
        "userAgent": '"Mozilla/5.0"',
        "uuid": "31f60f96a7f2569a93c369f4c065ba31",
    }


@pytest.mark.parametrize(
    "options", [("--format", "%z %j"), ("--schema-dir", "/nowhere"), ("--compatibility", "1999")]
)
def test_wrong_usage_exits_2(options: tuple[str, str]) -> None:
    assert validate(b"", *options).exit_code == 2


def test_all_that_no_store_holds_of_an_event_is_told(tmp_path: Path) -> None:
    schema = {"properties": {"s": {"type": "string"}, "i": {"type": "integer"}, "u": {}}}
    (tmp_path / "Long").mkdir()
    (tmp_path / "Long" / "1.json").write_text(json.dumps(schema))
    event = {"u": 2**65, "s": "x" * 2000, "i": 2**70}
    line = {**EVENT, "schema": "Long", "wiki": "w" * 2000, "dt": "nope", "event": event}
    result = validate(json.dumps(line).encode(), "--schema-dir", str(tmp_path), "--json")
    told = json.loads(result.stdout)
    assert told["outcome"] == "consumer"
    paths = ["$.dt", "$.wiki", "$.event.u", "$.event.s", "$.event.i"]
    assert [fault["path"] for fault in told["faults"]] == paths
