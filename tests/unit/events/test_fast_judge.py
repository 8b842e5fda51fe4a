"""FastJudge, with and without a core, says what Judge says, byte for byte, and most of it at once.

ELFAUST_TEST_LINES is how many lines are compared; `make generated` takes a million.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from elfaust.events.verdict import Verdict
from elfaust.testing import make_record
from elfaust.trial.recorded import RECORDED, recorded_lines
from tests.equal_judges import Judges, lines_of_drafts, of_drafts, settings_of, told
from tests.generated_lines import generated_lines
from tests.integration.bad_inputs import all_cases, schemas
from tests.integration.hostile_inputs import HOSTILE, HOSTILE_2015, SCHEMAS

LINES = int(os.environ.get("ELFAUST_TEST_LINES", "20000"))
DIALECTS = pytest.mark.parametrize("dialect", ["2018", "2015"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose schemas all tests share, compiled once a dialect."""
    return folder_of(tmp_path_factory.mktemp("schemas"))


def folder_of(path: Path) -> Path:
    """Return a folder with the schemas of drafts and of hostile lines."""
    made = {**SCHEMAS, **{name: of for (name, _), of in schemas("http://x").items()}, **of_drafts()}
    for name, schema in made.items():
        (path / name).mkdir()
        (path / name / "1.json").write_text(json.dumps(schema))
    return path


@DIALECTS
def test_the_same_of_all_cases_and_recorded_lines(dialect: str) -> None:
    cases = [json.loads(text) for text in RECORDED.read_text(encoding="utf-8").splitlines()]
    for kind in ("client", "server"):
        judges = Judges(settings_of(dialect), kind)
        judges.compare(case["line"].encode("utf-8", "surrogateescape") for case in cases)
        judges.compare(line for of, line in recorded_lines(2_000) if of == kind)


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("dialect", "part"), [("2018", 0.4), ("2015", 0.1)])
def test_the_same_of_recorded_lines_that_were_changed(dialect: str, part: float) -> None:
    judges = Judges(settings_of(dialect))
    judges.compare(generated_lines(int(LINES * part), seed=7))
    assert (
        min(judges.outcomes[code] for code in ("valid", "processor", "validation"))
        > LINES * part / 25
    )


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("dialect", "part"), [("2018", 0.1), ("2015", 0.1)])
def test_the_same_of_server_side_lines_that_were_changed(dialect: str, part: float) -> None:
    judges = Judges(settings_of(dialect), "server")
    recorded = [line for kind, line in recorded_lines(40_000) if kind == "server"]
    judges.compare(generated_lines(int(LINES * part), 9, recorded))
    assert (
        min(judges.outcomes[code] for code in ("valid", "processor", "validation"))
        > LINES * part / 40
    )


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("dialect", "part"), [("2018", 0.2), ("2015", 0.1)])
def test_the_same_of_lines_of_every_draft_that_were_changed(
    dialect: str, part: float, folder: Path
) -> None:
    judges = Judges(settings_of(dialect, folder))
    judges.compare(generated_lines(int(LINES * part), 8, lines_of_drafts()))
    assert (
        min(judges.outcomes[code] for code in ("valid", "processor", "validation"))
        > LINES * part / 40
    )


@DIALECTS
def test_the_same_of_hostile_lines(dialect: str, folder: Path) -> None:
    settings = settings_of(dialect, folder)
    hostile = [one.line for one in (*HOSTILE, *HOSTILE_2015)] + [one.line for one in all_cases()]
    for kind in ("client", "server"):
        Judges(settings, kind).compare(line.replace(b"@seq@", b"7") for line in hostile)


@DIALECTS
def test_most_recorded_lines_and_those_of_every_draft_are_judged_at_once(
    dialect: str, folder: Path
) -> None:
    for kind in ("client", "server"):
        judges = Judges(settings_of(dialect), kind)
        judges.compare(line for of, line in recorded_lines(2_000) if of == kind)
        assert judges.plain > 0.8 * judges.outcomes.total()
    drafts = Judges(settings_of(dialect, folder))
    drafts.compare(lines_of_drafts())
    assert drafts.plain == len(lines_of_drafts())


def test_a_schema_that_is_read_again_is_judged_by_at_once(tmp_path: Path) -> None:
    judges = Judges(settings_of("2018", folder_of(tmp_path)))
    [line] = [line for line in lines_of_drafts() if b"Open" in line]
    record = make_record(line, 0)
    before = judges.fast.read(record, "t/0")
    registry: Any = judges.fast._registry
    registry.found.clear()
    (tmp_path / "Open" / "1.json").write_text('{"properties": {"s": {"type": "integer"}}}')
    after = judges.fast.read(record, "t/0")
    assert isinstance(before, Verdict)
    assert isinstance(after, Verdict)
    assert (before.code, after.code) == ("", "validation")


def test_whatever_it_fails_on_is_left_to_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    judges = Judges(settings_of())
    lines = [line for kind, line in recorded_lines(200) if kind == "client"]
    monkeypatch.setattr(judges.fast, "_at_once", lambda *_: 1 / 0)
    judges.compare(lines)
    assert not judges.plain


def test_a_line_over_the_limit_is_left_to_the_judge() -> None:
    judges = Judges(settings_of())
    query, tab, rest = next(lines for lines in lines_of_drafts()).partition(b"\t")
    long = query.removesuffix(b";") + b"+" * 1_000_000 + b";" + tab + rest
    judges.compare([long])
    assert not judges.plain
    assert judges.outcomes == {"processor": 1}


def test_the_comparison_sees_each_part_of_a_verdict() -> None:
    judges = Judges(settings_of())
    line = next(line for kind, line in recorded_lines(3, 1) if kind == "client")
    verdict = judges.fast.read(make_record(line, 0), "t/0")
    assert isinstance(verdict, Verdict)
    others = [{"value": b"{}"}, {"user_agent": "x"}, {"unknown": True}]
    assert all(told(verdict) != told(verdict._replace(**one)) for one in others)  # type: ignore[arg-type]
