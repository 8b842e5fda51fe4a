"""From raw lines to verdicts: EventLogging's answers, and no exception for any bytes."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import Unforeseen
from elfaust.events.capsule import complete
from elfaust.events.lines import LineParser
from elfaust.events.verdict import Judge, Verdict
from elfaust.records import SchemaKey
from elfaust.schema.dialect import Dialect
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record
from elfaust.trial.recorded import RECORDED

CASES: list[dict[str, Any]] = [json.loads(line) for line in RECORDED.read_text().splitlines()]
SETTINGS = Settings()
REGISTRY = Registry(SETTINGS.schemas)
STORES = enabled_stores(SETTINGS).values()
CLIENT = Judge(SETTINGS.processor.client_format, REGISTRY, SETTINGS, STORES)
SERVER = Judge(SETTINGS.processor.server_format, REGISTRY, SETTINGS, STORES)
#: How Python says it, of which its causes have nothing: they are for people.
PYTHONS = re.compile(r"Error|line \d+ column|\\[Sdst]|<class|\bNone\b|\bTrue\b|surrogates|literal")
LINES = [case["line"].encode("utf-8", "surrogateescape") for case in CASES]


def judge(line: bytes, judge: Judge = CLIENT) -> Verdict:
    record = make_record(line, 7, 1_600_000_000_000)
    [verdict] = asyncio.run(judge.judge([record], "eventlogging-client-side/0"))
    return verdict


def error(line: bytes) -> dict[str, Any]:
    event: dict[str, Any] = orjson.loads(judge(line).value)["event"]
    return event


def test_the_verdict_is_eventloggings() -> None:
    # One test: as many as there are cases would take three times as long.
    for number, case in enumerate(CASES):
        try:
            check(case)
        except AssertionError as error:
            raise AssertionError(f"case {number}: {case['line']}") from error


def check(case: dict[str, Any]) -> None:
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
        assert not PYTHONS.search(event["cause"])
        assert len(event["cause"]) <= 200


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
    lines = [of["line"] for of in CASES if of["outcome"] == "valid" and of["format"][:2] == "%q"]
    for line in (*(of for of in lines if "SaveTiming" in of), *lines[:100]):
        verdict = judge(line.encode())
        sent = line.rpartition("\t")[2].encode()
        if verdict.key.schema in kept:
            kept[verdict.key.schema] += 1
            assert verdict.headers == (("userAgent", sent),)
        else:
            assert verdict.headers == ()
    assert kept["SaveTiming"] > 10


def test_lines_beside_a_bad_one_go_on() -> None:
    good = BASE.replace(b"@@", b"1")
    records = [make_record(v, n, 1_000) for n, v in enumerate([good, b"\xff\xfe", good])]
    verdicts = asyncio.run(CLIENT.judge(records, "eventlogging-client-side/0"))
    assert [verdict.code for verdict in verdicts] == ["", "processor", ""]


def test_refused_lines_leave_nothing_to_the_collector() -> None:
    bad = [line for line, case in zip(LINES, CASES, strict=True) if case["outcome"] != "valid"][:40]
    records = [make_record(line, n, 1_600_000_000_000) for n, line in enumerate(bad)]

    async def garbage() -> int:
        gc.collect()
        await CLIENT.judge(records, "eventlogging-client-side/0")
        return gc.collect()

    gc.disable()
    try:
        assert asyncio.run(garbage()) < len(records)
    finally:
        gc.enable()


def of_server(
    schema: object = "WMDEBannerEvents",
    revision: object = 19852167,
    dt: object = "2020-09-13T12:26:40Z",
) -> bytes:
    given = {"schema": schema, "revision": revision, "dt": dt, "recvFrom": "h", "wiki": "w"}
    capsule = json.dumps({**given, "event": {}}, separators=(",", ":"))
    return b"1 EventLogging " + capsule.encode()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (of_server(revision=10**300), "processor"),
        (of_server("LICENSE", 1), "processor"),
        (of_server("WMDEBannerEvents", 2**63), "processor"),
        (of_server(dt=""), "processor"),
        (of_server(dt={}), "processor"),
        (of_server(dt=[1]), "validation"),
        (of_server(dt=True), "validation"),
        (b'1 EventLogging {"dt":"","timestamp":1' + b"0" * 400 + b"}", "processor"),
        (b'1 EventLogging {"seqId":1' + b"0" * 5_000 + b"}", "processor"),
        (b"", "processor"),
    ],
)
def test_whatever_a_capsule_holds_is_its_own_fault(line: bytes, code: str) -> None:
    assert judge(line, SERVER).code == code


def test_in_2015_a_time_that_is_no_text_is_its_lines_own_fault() -> None:
    of_2015 = replace(SETTINGS, schemas=replace(SETTINGS.schemas, compatibility="2015"))
    judge_of_2015 = Judge(
        SETTINGS.processor.server_format, REGISTRY, of_2015, enabled_stores(of_2015).values()
    )
    verdict = judge(of_server(dt=True), judge_of_2015)
    assert verdict.code == "processor"
    assert not isinstance(verdict.fault, Unforeseen)


def test_what_nobody_foresaw_is_ours_and_its_neighbours_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(capsule: dict[str, Any], dialect: Dialect) -> str | None:
        if capsule["seqId"] == 666:
            raise ZeroDivisionError("seen by nobody")
        return complete(capsule, dialect)

    monkeypatch.setattr("elfaust.events.parsing.complete", broken)
    good = BASE.replace(b"@@", b"1")
    bad = good.replace(b"\tcp1\t1\t", b"\tcp1\t666\t")
    for lines in ([good, bad, good], [bad], [bad, bad]):
        records = [make_record(line, n, 1_000) for n, line in enumerate(lines)]
        verdicts = asyncio.run(CLIENT.judge(records, "eventlogging-client-side/0"))
        assert [v.code for v in verdicts] == ["processor" if n == bad else "" for n in lines]
        assert all(isinstance(v.fault, Unforeseen) for v in verdicts if v.fault)


@pytest.mark.parametrize("of_format", [CLIENT, SERVER], ids=["client", "server"])
def test_a_judge_that_fails_on_a_line_that_is_right_ends_the_worker(
    of_format: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("always")

    monkeypatch.setattr("elfaust.events.parsing.complete", broken)
    lines = [BASE.replace(b"@@", b"1"), of_server()]
    records = [make_record(line, n, 1_000) for n, line in enumerate(lines)]
    with pytest.raises(ZeroDivisionError):
        asyncio.run(of_format.judge(records[of_format is SERVER :][:1], "raw/0"))


@pytest.mark.parametrize(
    "line_format",
    [
        "%q %{recvFrom}s %{seqId}d %D %{ip}i %u",
        "%{seqId}d EventLogging %j",
        "100%% %n %l %o %t %j %h",
    ],
)
def test_a_format_has_an_example(line_format: str) -> None:
    parser = LineParser(line_format)
    assert parser.parse(parser.example({"a": "b\u20ac"}))["a"] == "b\u20ac"


def test_the_same_record_gives_the_same_bytes() -> None:
    assert judge(b"\xff").value == judge(b"\xff").value


UNFORESEEN = Verdict(
    SchemaKey("unknown", -1), b"", Unforeseen(ZeroDivisionError("of a line"), "processor", "", -1)
)
MUTATED = st.builds(
    lambda line, at, new: line[: at % (len(line) + 1)] + new + line[at % (len(line) + 1) + 1 :],
    st.sampled_from(LINES),
    st.integers(0, 5_000),
    st.binary(max_size=8),
)


@given(st.one_of(st.binary(max_size=300), MUTATED))
def test_any_bytes_give_a_verdict_that_is_json(line: bytes) -> None:
    for of_format in (CLIENT, SERVER):
        verdict = judge(line, of_format)
        value = orjson.loads(verdict.value)
        assert isinstance(value["event"], dict)
        assert verdict.code in ("", "processor", "validation", "consumer")
