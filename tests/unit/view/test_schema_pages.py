"""Schemas: what a page tells of one, and samples that are valid."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from elfaust.errors import ServerAway
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.view.feed import Ring
from elfaust.view.schemas import about, known
from elfaust.view.seen import seen
from tests.browser.view_served import ERRORS, Served

SECOND = {
    "title": "Word",
    "description": "A word that somebody has said.",
    "properties": {
        "word": {"type": "string", "required": True, "description": "It.", "enum": ["a", "b"]},
        "of": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 5}}},
    },
}


@pytest.fixture
def two(made: Served) -> Settings:
    folder = Path(made.settings.schemas.folder) / "Word"
    (folder / "2.json").write_text(json.dumps(SECOND))
    (folder / "3.json").write_text("{")
    return made.settings


def test_a_schema_is_told_with_all_that_its_users_need(two: Settings) -> None:
    assert known(two) == {"Word": [1, 2, 3]}
    found = about(two, SchemaKey("Word", 2))
    assert found is not None
    assert (found.title, found.revisions, found.trouble) == ("Word", [1, 2, 3], "")
    fields = {field["path"]: field for field in found.fields}
    assert fields["$.event.word"]["required"]
    assert fields["$.event.word"]["allowed"] == 'one of "a" "b"'
    assert fields["$.event.of.n"] == {
        "path": "$.event.of.n",
        "type": "integer",
        "required": False,
        "description": "",
        "allowed": "minimum 5",
    }
    assert found.sample["event"]["word"] == "a"
    assert found.beacon.startswith("/beacon/event?%7B%22schema%22")
    assert found.ddl.startswith("CREATE TABLE IF NOT EXISTS `Word_2` (")
    assert "`event_word`" in found.query
    assert found.since == 1
    assert "breaking" in {change["kind"] for change in found.changes}


async def test_the_highest_revision_has_a_page(client: Any, two: Settings) -> None:
    (Path(two.schemas.folder) / "Word" / f"{2**63 - 1}.json").write_text(json.dumps(SECOND))
    answer = await client.get(f"/schemas/Word/{2**63 - 1}?format=json")
    assert (answer.status, (await answer.json())["revision"]) == (200, 2**63 - 1)


async def test_a_page_does_not_wait_for_a_rate_that_does_not_come(
    client: Any, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(topic: str, times: object) -> list[int]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(ring, "came_since", hangs)
    monkeypatch.setattr("elfaust.view.schema_pages.RATE_SECONDS", 0.01)
    found = await (await client.get("/schemas/Word/1?format=json")).json()
    assert (found["rate"], found["schema"]) == (None, "Word")


def test_one_that_is_broken_is_told_so(two: Settings) -> None:
    found = about(two, SchemaKey("Word", 3))
    assert found is not None
    assert "No event can be validated by it" in found.trouble
    assert about(two, SchemaKey("Word", 4)) is None


@pytest.mark.parametrize("name", ["EchoMail", "QuickSurveysResponses", "VirtualPageView"])
def test_samples_of_real_schemas_are_valid(name: str) -> None:
    (revision, *_) = known(Settings())[name]
    found = about(Settings(), SchemaKey(name, revision))
    assert found is not None
    assert found.trouble == ""


async def test_pages_of_schemas(client: Any, made: Served, two: Settings, ring: Ring) -> None:
    old = made.event()._replace(timestamp=made.event().timestamp - 90_000)
    ring.add([seen(record, ERRORS) for record in (old, made.event(), made.error())])
    listed = await (await client.get("/schemas?format=json")).json()
    assert [(row["revision"], row["status"]) for row in listed["schemas"]] == [
        (3, ""),
        (2, ""),
        (1, "failed"),
    ]
    one = await (await client.get("/schemas/Word/1?format=json")).json()
    assert one["last"]
    assert one["rate"] == {"minute": 1, "hour": 2}
    assert [group["path"] for group in one["errors"]] == ["$.event.word"]
    page = await (await client.get("/schemas/Word/1")).text()
    assert "1 valid events in the last minute, 2 in the last hour" in page
    answer = await client.get("/schemas/Word")
    assert answer.url.path == "/schemas/Word/3"
    for path in ("/schemas", "/schemas/Word/1", "/schemas/Word/2", "/schemas/Word/3"):
        assert (await client.get(path)).status == 200
    for path in ("/schemas/Nobody", "/schemas/Word/9", "/schemas/..%2F..%2Fetc/1"):
        assert (await client.get(path)).status == 404


async def test_a_rate_that_nobody_knows_is_told_so(
    client: Any, two: Settings, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(topic: str, times: object) -> list[int]:
        raise ServerAway("Kafka", "away")

    monkeypatch.setattr(ring, "came_since", away)
    assert "not known now" in await (await client.get("/schemas/Word/1")).text()


async def test_a_sample_of_many_fields_has_a_long_beacon(client: Any, two: Settings) -> None:
    many = {f"a_property_that_has_a_long_name_{n}": {"type": "string"} for n in range(30)}
    file = Path(two.schemas.folder) / "Word" / "5.json"
    file.write_text(json.dumps({"properties": many}))
    assert "Of the sample: The beacon" in await (await client.get("/schemas/Word/5")).text()
    assert "Of the sample" not in await (await client.get("/schemas/Word/1")).text()
