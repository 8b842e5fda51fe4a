"""Lines for one stage: so many in a hundred invalid, as the judge says, and each valid one new."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from elfaust.events.verdict import Judge
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.stage_lines import Sent, stage_lines


@pytest.mark.parametrize("percent", [0, 5, 50, 100])
def test_so_many_lines_in_each_hundred_are_invalid(percent: int) -> None:
    valid = [is_valid for _, is_valid in stage_lines(1_000, percent)]
    assert all(valid[start : start + 100].count(False) == percent for start in range(0, 1_000, 100))


def test_the_judge_takes_those_that_are_valid_and_no_event_comes_twice() -> None:
    settings = Settings()
    judge = Judge("", Registry(settings.schemas), settings, enabled_stores(settings).values())
    lines = list(stage_lines(1_000, 40, base_time=1.6e9))
    records = [make_record(line, number, 0) for number, (line, _) in enumerate(lines)]
    verdicts = asyncio.run(judge.judge(records, "client/0"))
    assert [not verdict.code for verdict in verdicts] == [is_valid for _, is_valid in lines]
    assert {verdict.code for verdict in verdicts} == {"", "processor", "validation"}
    uuids = {orjson.loads(verdict.value)["uuid"] for verdict in verdicts if not verdict.code}
    assert len(uuids) == 600


def test_valid_lines_carry_the_time() -> None:
    [(line, _)] = stage_lines(1, 0, base_time=1_600_000_000)
    assert b"\t2020-09-13T12:26:40\t" in line


def test_what_was_sent_adds_up() -> None:
    assert Sent("topic", 95, 5).lines == 100
