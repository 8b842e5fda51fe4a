"""Made events are judged as they are said to be, in the shares that were asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from elfaust.errors import ElfaustError
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.trial.made_events import MadeEvents
from tests.field_cases import write_schemas

SCHEMAS: dict[str, Any] = {
    "Word/1": {"properties": {"word": {"type": "string"}}, "additionalProperties": False},
    "Code/2": {"properties": {"code": {"type": "string", "pattern": "^Q[0-9]{7}$"}}},
    "Must/3": {"$schema": "http://json-schema.org/draft-04/schema#", "required": ["code"],
               "properties": {"code": {"type": "string", "pattern": "^Q[0-9]{7}$"}}},
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_schemas(tmp_path, SCHEMAS)
    base = Settings()
    return replace(base, schemas=replace(base.schemas, folder=str(tmp_path)))


def schema(settings: Settings, name: str) -> Schema:
    [found] = [key for key in SCHEMAS if key.startswith(name)]
    dialect = DIALECTS[settings.schemas.compatibility]
    return Schema(SchemaKey(name, int(found[-1])), SCHEMAS[found], dialect)


def test_shares_are_those_that_were_asked_for(settings: Settings) -> None:
    mix = [(schema(settings, "Word"), 3.0), (schema(settings, "Code"), 1.0)]
    events = list(islice(MadeEvents(settings, mix, 0.25, 1), 2_000))
    names = Counter(event.capsule["schema"] for event in events)
    assert names["Word"] == pytest.approx(1_500, abs=100)
    assert sum(event.valid for event in events) == pytest.approx(1_500, abs=100)
    assert events == list(islice(MadeEvents(settings, mix, 0.25, 1), 2_000))
    assert events != list(islice(MadeEvents(settings, mix, 0.25, 2), 2_000))


def test_a_schema_of_which_no_valid_event_is_guessed_is_told(settings: Settings) -> None:
    with pytest.raises(ElfaustError, match="no valid event of Must 3 could be made up"):
        MadeEvents(settings, [(schema(settings, "Must"), 1.0)], 0, 1)
