"""What a new revision does to who sends events and to who reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from elfaust.records import SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.changes.revisions import compare
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Mysql, Settings
from elfaust.sinks.stores import every_store

DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#"}


def found(was: dict[str, Any], now: dict[str, Any], number: str = "FLOAT") -> list[Change]:
    old, new = (Schema(SchemaKey("Word", n), event) for n, event in ((1, was), (2, now)))
    settings = replace(Settings(), mysql=Mysql(number=number))
    return compare(old, new, every_store(settings).values())


def of(**properties: Any) -> dict[str, Any]:
    return {**DRAFT7, "properties": properties}


def breaks(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [f"{c.path}: {c.message}" for c in found(of(**was), of(**now)) if c.breaking]


OLD: dict[str, Any] = {"ab": {"type": "string"}, "a_b": {"type": "string"}}


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ({"a": {"type": "object", "properties": {"b": {"type": "string"}}}}, "share column"),
        ({"AB": {"type": "string"}}, "share column"),
        ({f"p{n}": {"type": "string"} for n in range(1_100)}, "can have no table"),
        ({"\U0001f600": {"type": "string"}}, "has a character"),
        ({"b": {"type": "string", "default": "x" * 2_000}}, "it has 2000 characters"),
        ({"b": {"type": "number", "default": 1e39}}, "passes 3.4028234663852886e+38"),
        ({"b": {"type": "strin"}}, "Nobody can judge by this schema"),
    ],
)
def test_a_revision_whose_events_are_refused_is_breaking(added: dict[str, Any], said: str) -> None:
    changes = found(of(**OLD), of(**OLD, **added))
    assert any(c.breaking and c.sure and said in c.message for c in changes), changes


def test_a_revision_by_which_nobody_can_judge_is_breaking() -> None:
    broken: dict[str, Any] = {"properties": {"b": "string"}}
    [change] = found({"properties": {}}, broken)
    assert change.kind == "breaking"
    assert change.message.startswith("Nobody can judge by this schema: $.properties.b")
    [change] = found(broken, {"properties": {}})
    assert change.kind == "changed: look yourself"


CLOSED = {"properties": {"a": {"type": "string"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            {"x": {"type": "object"}},
            {"x": {"type": "object", "properties": {"a": {}}}},
            [
                "$.event.x: MySQL's column event_x is gone",
                "$.event.x: Parquet's event.x string, now struct<a: string>",
            ],
        ),
        (
            {"a": {"type": "array", "items": {"type": "string"}}},
            {"a": {"type": "array", "items": {}}},
            ["$.event.a: Parquet's event.a list<item: string>, now string"],
        ),
        (
            {"a": {"type": "array", "items": {"type": "integer"}}},
            {"a": {"type": "array", "items": {"type": "number"}}},
            ["$.event.a[]: Parquet's event.a[] int64, now double"],
        ),
        (
            {"a": {"type": "integer"}},
            {"a": {"type": "number"}},
            [
                "$.event.a: MySQL's column event_a BIGINT, now FLOAT",
                "$.event.a: Parquet's event.a int64, now double",
            ],
        ),
        (
            {"o": {"type": "object", "properties": {"a": {"type": "string"}}}},
            {"o": {"type": ["object", "null"], "properties": {"a": {"type": "string"}}}},
            [],
        ),
        (
            {"o": {"type": "object", **CLOSED}},
            {"o": CLOSED},
            ["$.event.o: Parquet's event.o struct<a: string>, now string"],
        ),
        # Strings of a row that is too long are TEXT, which readers see as they saw them.
        (OLD, {**OLD, **{f"p{n}": {"type": "string"} for n in range(30)}}, []),
    ],
)
def test_what_readers_had_and_have_no_more(
    was: dict[str, Any], now: dict[str, Any], said: list[str]
) -> None:
    told = breaks(was, now)
    assert [line for line in told if "MySQL" in line or "Parquet" in line] == said


def test_the_column_of_unnamed_keys_may_go() -> None:
    was = {"n": {"type": "object", "properties": {"a": {}}}}
    now = {"n": {"type": "object", "properties": {"a": {}}, "additionalProperties": False}}
    assert "$.event: Parquet's column event_unnamed is gone" in breaks(was, now)


def test_a_number_is_as_the_setting_has_it() -> None:
    was, now = of(a={"type": "integer"}), of(a={"type": "number", "default": 1e39})
    told = [change.message for change in found(was, now, "DOUBLE")]
    assert "MySQL's column event_a BIGINT, now DOUBLE" in told
    assert not any("does not fit" in message for message in told)
