"""Schemas as sinks find them: they wait for what their machine does not have."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from pathlib import Path

import pytest

from elfaust.errors import SchemaAway, SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Kind, Registry
from tests.unit.schema.lookup.played import (
    EDIT,
    EVENT,
    Wiki,
    put,
    settings,
)


def test_a_sink_waits_for_what_its_machine_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(SchemaAway, match=r"put Edit/7\.json into .* or set schemas\.wiki_url"):
        Registry(settings(tmp_path)).find(EDIT)
    with pytest.raises(SchemaAway, match=r"is not available: the schema wiki .*put Edit/7\.json"):
        Registry(settings(tmp_path, "http://127.0.0.1:9/api.php")).find(EDIT)


def test_a_sink_sees_a_file_as_soon_as_it_is_there(tmp_path: Path) -> None:
    registry = Registry(settings(tmp_path))
    assert registry.state(EDIT).kind is Kind.MISSING
    with pytest.raises(SchemaAway):
        registry.find(EDIT)
    put(tmp_path, json.dumps(EVENT))
    assert registry.find(EDIT).event == EVENT
    assert registry.get(EDIT) is registry.find(EDIT)


def test_a_sink_refuses_only_what_nobody_can_judge_by(tmp_path: Path) -> None:
    put(tmp_path, '{"properties": {"a": {"$ref": "elsewhere"}}}')
    with pytest.raises(SchemaUnfit, match="elsewhere"):
        Registry(settings(tmp_path)).find(EDIT)
    # Half a file is one that is on its way.
    (tmp_path / "Edit" / "7.json").write_text('{"properties": {"a"')
    with pytest.raises(SchemaAway, match="not a schema"):
        Registry(settings(tmp_path)).find(EDIT)


async def test_a_sink_asks_the_wiki(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(settings(tmp_path, wiki.url), tmp_path / "state")
    assert (await asyncio.to_thread(registry.find, EDIT)).event == EVENT
    assert (await asyncio.to_thread(registry.find, EDIT)).event == EVENT
    assert wiki.asked == ["7"]


async def test_sinks_ask_no_more_often_than_allowed(tmp_path: Path, wiki: Wiki) -> None:
    registry = Registry(dataclasses.replace(settings(tmp_path, wiki.url), wiki_rate=50.0))
    keys = [SchemaKey("Edit", revision) for revision in range(1, 9)]
    began = time.monotonic()
    await asyncio.gather(*(asyncio.to_thread(registry.find, key) for key in keys))
    assert time.monotonic() - began >= 7 / 50
    assert wiki.most_at_once == 1


async def test_a_sink_waits_for_a_wiki_that_is_away_once_for_all_its_schemas(
    tmp_path: Path, wiki: Wiki
) -> None:
    wiki.takes = 5.0
    slow = dataclasses.replace(settings(tmp_path, wiki.url), wiki_timeout=0.2)
    registry = Registry(slow)
    for revision in range(7, 12):
        with pytest.raises(SchemaAway, match="timed out"):
            await asyncio.to_thread(registry.find, SchemaKey("Edit", revision))
    assert wiki.asked == ["7"]
