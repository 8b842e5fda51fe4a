"""From raw lines to verdicts: EventLogging's answers, and no exception for any bytes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from elfaust.processing import Judge, Verdict
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.types import Record

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "cases.jsonl").read_text().splitlines()
]
SETTINGS = Settings()
REGISTRY = Registry(SETTINGS.schemas)
CLIENT = Judge(SETTINGS.processor.client_format, REGISTRY, SETTINGS)
SERVER = Judge(SETTINGS.processor.server_format, REGISTRY, SETTINGS)
LINES = [case["line"].encode("utf-8", "surrogateescape") for case in CASES]


def judge(line: bytes, judge: Judge = CLIENT) -> Verdict:
    record = Record(line, 7, 1_600_000_000_000, "", -1)
    [verdict] = asyncio.run(judge.judge([record], "eventlogging-client-side/0"))
    return verdict


def error(line: bytes) -> dict[str, Any]:
    event: dict[str, Any] = orjson.loads(judge(line).value)["event"]
    return event


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_verdict_is_eventloggings(case: dict[str, Any]) -> None:
    of_format = CLIENT if case["format"].startswith("%q") else SERVER
    verdict = judge(case["line"].encode("utf-8", "surrogateescape"), of_format)
    assert (verdict.code or "valid") == case["outcome"]
    value = orjson.loads(verdict.value)
    if case["outcome"] == "valid":
        assert value == case["event"]
    else:
        event = value["event"]
        revision = case["revision"]
        expected = revision if type(revision) is int else -1
        assert (event["schema"], event["revision"]) == (str(case["schema"]), expected)
        assert event["code"] == case["outcome"]
        assert event["message"][:200] == case["message"][:200]
        assert event["hint"]


BASE = (
    b"?%7B%22event%22%3A%7B%22bannerAction%22%3A%22a%22%2C%22bannerName%22%3A%22b%22%2C"
    b"%22eventRate%22%3A@@%7D%2C%22schema%22%3A%22WMDEBannerEvents%22%2C%22revision%22%3A19852167"
    b"%2C%22webHost%22%3A%22w%22%2C%22wiki%22%3A%22w%22%7D;\tcp1\t1\t2020-09-13T12:26:40\t::1\t-"
)


def test_a_line_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    line = BASE + b"x" * 10_000_000
    refused = error(line)
    assert refused["code"] == "processor"
    assert "longer than processor.max_line_bytes, 1000000" in refused["message"]
    assert (refused["schema"], refused["revision"]) == ("WMDEBannerEvents", 19852167)
    assert len(refused["rawEvent"]) == 8_192


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"%5B" * 60 + b"%5D" * 60])
def test_what_not_every_stage_can_write_is_refused(number: bytes) -> None:
    assert error(BASE.replace(b"@@", number))["code"] == "processor"


def test_a_lone_surrogate_is_refused() -> None:
    assert error(BASE.replace(b"@@", b"%22%5Cud800%22"))["code"] in ("processor", "validation")


def test_the_user_agent_as_sent_is_kept_for_the_dashboards_that_need_it() -> None:
    kept = {"SaveTiming": 0}
    for case in CASES:
        if case["outcome"] == "valid" and case["format"].startswith("%q"):
            verdict = judge(case["line"].encode())
            sent = case["line"].rpartition("\t")[2].encode()
            if verdict.key.schema in kept:
                kept[verdict.key.schema] += 1
                assert verdict.headers == (("userAgent", sent),)
            else:
                assert verdict.headers == ()
    assert kept["SaveTiming"] > 10


def test_lines_beside_a_bad_one_go_on() -> None:
    good = BASE.replace(b"@@", b"1")
    records = [Record(v, n, 1_000, "", -1) for n, v in enumerate([good, b"\xff\xfe", good])]
    verdicts = asyncio.run(CLIENT.judge(records, "eventlogging-client-side/0"))
    assert [verdict.code for verdict in verdicts] == ["", "processor", ""]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert judge(b"\xff").value == judge(b"\xff").value


MUTATED = st.builds(
    lambda line, at, new: line[: at % (len(line) + 1)] + new + line[at % (len(line) + 1) + 1 :],
    st.sampled_from(LINES),
    st.integers(0, 5_000),
    st.binary(max_size=8),
)


@hypothesis(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), MUTATED))
def test_any_bytes_give_a_verdict_that_is_json(line: bytes) -> None:
    for of_format in (CLIENT, SERVER):
        verdict = judge(line, of_format)
        value = orjson.loads(verdict.value)
        assert isinstance(value["event"], dict)
        assert verdict.code in ("", "processor", "validation")
