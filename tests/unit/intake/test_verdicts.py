"""Whoever sends a beacon is told whether it is valid, by the headers of the devserver."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from elfaust.intake.raw_lines import RawLines
from elfaust.intake.verdicts import FAULT_CHARS, MOST_FAULTS, Verdicts
from elfaust.schema.lookup import reload
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from tests.unit.intake.requests import FORMAT, Kafka, at, having, serving
from tests.unit.intake.test_raw_lines import CLIENT

PROPERTIES = {f"n{n}": {"type": "integer"} for n in range(30)}
EVENT = {"schema": "Some", "revision": 1, "wiki": "w", "webHost": "h"}


@pytest.fixture
def verdict(tmp_path: Path) -> Callable[[bytes], Awaitable[dict[str, str]]]:
    (tmp_path / "Some").mkdir()
    schema = {"type": "object", "properties": PROPERTIES, "additionalProperties": False}
    (tmp_path / "Some" / "1.json").write_text(json.dumps(schema))
    base = Settings()
    settings = replace(base, schemas=replace(base.schemas, folder=str(tmp_path)))
    return Verdicts(settings, Registry(settings.schemas), []).headers


def line(event: Any, **other: Any) -> bytes:
    query = f"{quote(json.dumps({**EVENT, 'event': event, **other}))};"
    return RawLines(FORMAT).of_query(query, CLIENT)


async def test_a_valid_event_has_one_header(verdict: Any) -> None:
    assert await verdict(line({"n1": 1})) == {"Requested-Event-Valid": "1"}


async def test_each_fault_has_a_header(verdict: Any) -> None:
    told = await verdict(line({"n1": "a", "n2": "b"}))
    assert list(told) == ["Requested-Event-Valid", "Validation-Error-1", "Validation-Error-2"]
    assert told["Requested-Event-Valid"] == "0"
    assert {told["Validation-Error-1"], told["Validation-Error-2"]} == {
        "$.event.n1: 'a' is not of type 'integer'",
        "$.event.n2: 'b' is not of type 'integer'",
    }


async def test_headers_are_few_short_and_printable(verdict: Any) -> None:
    told = await verdict(line(dict.fromkeys(PROPERTIES, "é\r\nSet-Cookie: a=b\u2028" * 99)))
    assert len(told) == MOST_FAULTS + 1
    assert all(len(text) <= FAULT_CHARS for text in told.values())
    assert all(text.isascii() and text.isprintable() for text in told.values())


@pytest.mark.parametrize(
    ("sent", "says"),
    [(line({}, schema="None"), "not in the repository"), (b"?no json;\tb\t1", "of the format")],
)
async def test_what_no_schema_judges_says_why(verdict: Any, sent: bytes, says: str) -> None:
    told = await verdict(sent)
    assert told["Requested-Event-Valid"] == "0"
    assert says in told["Validation-Error-1"]


async def test_a_schema_that_was_saved_is_judged_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_SECONDS", 0.0)
    (tmp_path / "Some").mkdir()
    base = Settings()
    settings = replace(base, schemas=replace(base.schemas, folder=str(tmp_path), reload=True))
    verdicts = Verdicts(settings, Registry(settings.schemas), [])
    told = [await verdicts.headers(line({"n1": 1}))]
    for kind in ("integer", "string"):
        # Another file each time, whatever the clock of the disk is.
        (tmp_path / "new").write_text(json.dumps({"properties": {"n1": {"type": kind}}}))
        (tmp_path / "new").replace(tmp_path / "Some" / "1.json")
        told.append(await verdicts.headers(line({"n1": 1})))
    assert [of["Requested-Event-Valid"] for of in told] == ["0", "1", "0"]
    told = [await verdicts.headers(line({}, schema="Smoe"))]
    assert "not in the repository" in told[0]["Validation-Error-1"]


async def test_pages_of_other_sites_see_the_headers() -> None:
    async def verdict(line: bytes) -> dict[str, str]:
        return {"Requested-Event-Valid": "0", "Validation-Error-1": "why"}

    settings = having("beta")
    async with serving(settings, Kafka(), verdict) as session:
        answer = await session.get(at(settings, "event.gif", "a;"))
    assert answer.status == 204
    assert answer.headers["Validation-Error-1"] == "why"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert exposed == "Requested-Event-Valid, Validation-Error-1"
