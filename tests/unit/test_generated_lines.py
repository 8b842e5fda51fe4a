"""Lines as they never came: the judge and the plain way of EventLogging say the same of each.

ELFAUST_TEST_LINES is how many; `make generated` takes half a million.
"""

from __future__ import annotations

import asyncio
import json
import os
from itertools import islice

import orjson
import pytest

from elfaust.events.verdict import Judge
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.reference_judge import ReferenceJudge
from tests.generated_lines import generated_lines

LINES = int(os.environ.get("ELFAUST_TEST_LINES", "3000"))
SETTINGS = Settings()
REGISTRY = Registry(SETTINGS.schemas)


@pytest.mark.timeout(1_800)
def test_both_ways_say_the_same_of_every_line() -> None:
    judge = Judge("", REGISTRY, SETTINGS, enabled_stores(SETTINGS).values())
    reference = ReferenceJudge(REGISTRY)
    lines, number, seen = generated_lines(LINES), 0, dict[str, int]()
    while chunk := list(islice(lines, 2_000)):
        records = [make_record(line, n, 1_600_000_000_000) for n, line in enumerate(chunk)]
        verdicts = asyncio.run(judge.judge(records, "generated/0"))
        for line, verdict in zip(chunk, verdicts, strict=True):
            number += 1
            expected = reference.judge(line)
            outcome = verdict.code or "valid"
            # EventLogging left to its consumers what no store can hold.
            judged = "valid" if outcome == "consumer" else outcome
            assert judged == expected.code, (number, line, verdict.fault)
            if outcome == "valid":
                assert json.loads(verdict.value) == json.loads(expected.value), (number, line)
            else:
                event = orjson.loads(verdict.value)["event"]
                assert event["code"] == outcome
            seen[outcome] = seen.get(outcome, 0) + 1
    assert sum(seen.values()) == LINES
    # A generator that only made rubbish would test nothing.
    assert min(seen.get(code, 0) for code in ("valid", "processor", "validation")) > LINES / 20
