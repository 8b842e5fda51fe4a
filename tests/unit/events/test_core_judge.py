"""The judge with the compiled core: what it asks, and what becomes of a core that fails.

A stand-in shows that without a core; test_fast_judge.py compares the verdicts where there is one.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from elfaust import boundary
from elfaust.events.core import PROTOCOL, Source, way_of
from elfaust.events.core_judge import Compiled, CompiledJudge, worker_judge
from elfaust.events.fast_judge import FastJudge
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import Record
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import recorded_lines
from tests.equal_judges import lines_of_drafts, settings_of, told
from tests.unit.events.test_fast_judge import folder_of

CORE: Any = way_of(Settings()).core
needs_core = pytest.mark.skipif(CORE is None, reason=way_of(Settings()).why)
DIALECTS = pytest.mark.parametrize("dialect", ["2018", "2015"])


class Panicked(RuntimeError):
    """As the core's."""


class StandIn:
    """A core that takes one event, of the schema that it was told of last, for that of any line."""

    def __init__(self, *limits: Any) -> None:
        self.limits, self.agent = limits[:-1], limits[-1]
        self.told: dict[tuple[str, int], Any] = {}
        self.sources: list[Any] = []
        self.fails: Exception | None = None
        self.event = b"{}"

    def add(self, schema: str, revision: int, tag: Any, *sources: Any) -> None:
        if self.fails:
            raise self.fails
        self.told[schema, revision] = tag
        self.sources.append(sources)

    def remove(self, schema: str, revision: int) -> None:
        del self.told[schema, revision]

    def judge(self, line: bytes) -> tuple[Any, bytes] | None:
        if self.fails:
            raise self.fails
        return next(((tag, self.event) for tag in self.told.values()), None)


def stand_in() -> Any:
    return SimpleNamespace(PROTOCOL=PROTOCOL, __version__="0", Panicked=Panicked, Judge=StandIn)


def judge_of(core: Any, settings: Settings) -> CompiledJudge:
    registry, stores = Registry(settings.schemas), enabled_stores(settings).values()
    return CompiledJudge("", registry, settings, stores, core)


def compiled_of(judge: CompiledJudge) -> Compiled:
    assert judge.compiled is not None
    return judge.compiled


def core_of(judge: CompiledJudge) -> Any:
    return vars(compiled_of(judge))["_judge"]


def line_of(name: str) -> Record:
    [line] = [line for line in lines_of_drafts() if name.encode() in line]
    return make_record(line, 0)


def event_of(judge: FastJudge, record: Record) -> bytes:
    verdict = judge.read(record, "t/0")
    assert isinstance(verdict, Verdict)
    assert verdict.fault is None
    return verdict.value


@pytest.fixture
def judge(tmp_path: Path) -> CompiledJudge:
    """Return a judge with the stand-in, and schemas of all drafts."""
    return judge_of(stand_in(), settings_of("2018", folder_of(tmp_path)))


def test_the_core_is_told_of_a_schema_by_its_first_line_and_judges_the_next(
    judge: CompiledJudge,
) -> None:
    record, core = line_of("Draft07"), core_of(judge)
    assert core.limits == ("2018", 1_000_000, 1_000, 1_024)
    assert len(event_of(judge, record)) > 2
    assert list(core.told) == [("Draft07", 1)]
    assert event_of(judge, record) == b"{}"
    assert len(core.sources) == 1


def test_the_core_is_given_what_jsonschema_rs_compiles(judge: CompiledJudge) -> None:
    event_of(judge, line_of("Draft2020-12"))
    [(capsule, event, storable)] = core_of(judge).sources
    sources: list[Source] = [capsule, event]
    assert [draft for draft, _ in sources] == ["04", "2020-12"]
    assert "recvFrom" not in json.loads(capsule[1])["properties"]
    assert json.loads(event[1])["required"] == ["s"]
    assert storable > 0


def test_a_schema_that_counts_in_fractions_is_not_the_cores(
    tmp_path: Path, judge: CompiledJudge
) -> None:
    schema = {"properties": {"s": {"type": "string"}, "n": {"divisibleBy": 0.1}}}
    (tmp_path / "Open" / "1.json").write_text(json.dumps(schema))
    for _ in range(2):
        event_of(judge, line_of("Open"))
    assert not core_of(judge).told


def test_a_schema_that_was_read_again_is_told_again(tmp_path: Path, judge: CompiledJudge) -> None:
    record, registry = line_of("Open"), vars(judge)["_registry"]
    event_of(judge, record)
    assert event_of(judge, record) == b"{}"
    before = dict(registry.found)
    registry.found.clear()
    (tmp_path / "Open" / "1.json").write_text('{"properties": {"s": {"type": "integer"}}}')
    verdict = judge.read(record, "t/0")
    assert isinstance(verdict, Verdict)
    assert verdict.code == "validation"
    assert not core_of(judge).told
    # As Reload does where the new file is no better.
    registry.found |= before
    event_of(judge, record)
    assert core_of(judge).told


def test_the_core_has_the_json_of_a_user_agent_and_nothing_of_what_is_none(
    judge: CompiledJudge,
) -> None:
    agent: Callable[[bytes], bytes | None] = core_of(judge).agent
    made = agent(b"curl/8.0")
    assert made is not None
    assert json.loads(made)["is_bot"] is True
    assert agent(b"\xff") is None


def test_a_record_has_the_user_agent_beside_it_where_it_is_kept(tmp_path: Path) -> None:
    settings = settings_of("2018", folder_of(tmp_path))
    processor = replace(settings.processor, keep_user_agent="Open")
    judge = judge_of(stand_in(), replace(settings, processor=processor))
    record = line_of("Open")
    first, second = judge.read(record, "t/0"), judge.read(record, "t/0")
    assert isinstance(first, Verdict)
    assert isinstance(second, Verdict)
    assert first.user_agent == second.user_agent == "-"
    assert second.value == b"{}"


@pytest.mark.parametrize("when", ["told", "judging"])
def test_a_panic_is_counted_and_logged_and_python_judges(
    judge: CompiledJudge, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    core, record = core_of(judge), line_of("Draft04")
    if when == "judging":
        event_of(judge, record)
    core.fails = Panicked("index out of bounds")
    before = boundary.counted().get("core", 0)
    with caplog.at_level(logging.ERROR):
        assert len(event_of(judge, record)) > 2
    assert boundary.counted()["core"] > before
    assert "index out of bounds" in caplog.text or not caplog.text
    core.fails = None


def test_any_other_failure_is_left_to_python(judge: CompiledJudge) -> None:
    record, before = line_of("Draft04"), boundary.counted()
    core_of(judge).fails = ValueError("not a schema")
    assert len(event_of(judge, record)) > 2
    assert boundary.counted() == before


def test_lines_of_other_formats_are_none_of_the_cores(tmp_path: Path) -> None:
    settings = settings_of("2018", folder_of(tmp_path))
    registry, stores = Registry(settings.schemas), enabled_stores(settings).values()
    for form in ("%q %{recvFrom}s %{seqId}d %D %{ip}i %u %o", settings.processor.server_format):
        judge = CompiledJudge(form, registry, settings, stores, stand_in())
        assert judge.compiled is None
        assert not isinstance(judge.read(line_of("Open"), "t/0"), Verdict)


def test_the_settings_pick_the_judge() -> None:
    settings = Settings()
    registry, stores = Registry(settings.schemas), enabled_stores(settings).values()
    python = replace(settings, processor=replace(settings.processor, judge="python"))
    assert type(worker_judge("", registry, python, stores)) is FastJudge
    expected = FastJudge if CORE is None else CompiledJudge
    assert type(worker_judge("", registry, settings, stores)) is expected


@needs_core
@DIALECTS
def test_the_core_judges_nearly_all_lines_that_are_right(dialect: str, tmp_path: Path) -> None:
    settings = settings_of(dialect)
    judge = judge_of(CORE, settings)
    slow = Judge("", vars(judge)["_registry"], settings, enabled_stores(settings).values())
    right = compiled = 0
    for kind, line in recorded_lines(6_000):
        record = make_record(line, 0)
        if kind == "client":
            verdict = slow.verdict(record, slow.parse(record), "t/0")
            judge.read(record, "t/0")
            right += verdict is not None and verdict.fault is None
            compiled += compiled_of(judge).verdict(record) is not None
    assert compiled > 0.98 * right


def test_what_no_store_but_python_can_tell_of_an_event_is_asked_of_python(
    tmp_path: Path, judge: CompiledJudge
) -> None:
    schema = {"properties": {"s": {"type": "string"}, "timestamp": {"type": "string"}}}
    (tmp_path / "Open" / "1.json").write_text(json.dumps(schema))
    record = line_of("Open")
    event = event_of(judge, record)
    core = core_of(judge)
    [(_, _, storable)] = core.sources
    assert storable == sys.maxsize
    core.event = b'{"event":{"timestamp":"20200913122640"}}'
    assert event_of(judge, record) == core.event
    core.event = b'{"event":{"timestamp":"no such time of day"}}'
    assert event_of(judge, record) == event


@needs_core
@DIALECTS
def test_the_core_judges_by_schemas_of_every_draft(dialect: str, tmp_path: Path) -> None:
    judge = judge_of(CORE, settings_of(dialect, folder_of(tmp_path)))
    for line in lines_of_drafts():
        record = make_record(line, 0)
        first = judge.read(record, "t/0")
        second = compiled_of(judge).verdict(record)
        assert isinstance(first, Verdict)
        if first.fault is not None:
            # Its schema has no property at all.
            assert b'"None"' in line
            assert second is None
        else:
            assert second is not None, line
            assert told(first) == told(second)


@needs_core
def test_after_a_real_panic_the_core_judges_the_next_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    judge, record = judge_of(CORE, settings_of("2018", folder_of(tmp_path))), line_of("Open")
    core, before = core_of(judge), boundary.counted().get("core", 0)
    event = event_of(judge, record)
    core.plant_panic()
    with pytest.raises(CORE.Panicked, match=r"planted"):
        core.judge(record.value)
    core.plant_panic()
    assert event_of(judge, record) == event
    assert boundary.counted()["core"] == before + 1
    found = compiled_of(judge).verdict(record)
    assert found is not None
    assert found.value == event
    assert "panicked" not in capfd.readouterr().err
