"""What breaks and what does not between two revisions."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema_diff import Change, diff


def changed(was: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    return diff({"properties": {"a": was}}, {"properties": {"a": now}})


@pytest.mark.parametrize(
    ("was", "now", "breaking"),
    [
        ({"type": "integer"}, {"type": "number"}, False),
        ({"type": "number"}, {"type": "integer"}, True),
        ({"type": "string"}, {"type": "integer"}, True),
        ({"type": "string"}, {"type": ["string", "null"]}, False),
        ({"type": ["string", "null"]}, {"type": "string"}, True),
        ({"type": "string"}, {"type": ["string", "integer"]}, False),
        ({"type": "string"}, {"type": "any"}, False),
        ({"type": "integer"}, {"type": "any"}, True),
        ({}, {"required": True}, True),
        ({"required": True}, {}, False),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, True),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, False),
        ({"enum": ["x"]}, {}, False),
        ({}, {"enum": ["x"]}, True),
        ({"maximum": 5}, {"maximum": 4}, True),
        ({"maximum": 5}, {}, False),
        ({}, {"minLength": 1}, True),
        ({"minLength": 2}, {"minLength": 1}, False),
        ({}, {"pattern": "^a"}, True),
        ({"pattern": "^a"}, {}, False),
        ({"description": "x"}, {"description": "y"}, False),
        ({}, {"additionalProperties": False}, True),
    ],
)
def test_a_change_is_breaking_or_not(
    was: dict[str, Any], now: dict[str, Any], breaking: bool
) -> None:
    [change] = changed(was, now)
    assert (change.path, change.breaking) == ("$.event.a", breaking)


def test_properties_that_come_and_go() -> None:
    old: dict[str, Any] = {"properties": {"gone": {}, "same": {}}}
    new: dict[str, Any] = {"required": ["must"], "properties": {"may": {}, "must": {}, "same": {}}}
    assert diff(old, new) == [
        Change("$.event.gone", "removed", breaking=True),
        Change("$.event.may", "added, optional", breaking=False),
        Change("$.event.must", "added, required", breaking=True),
    ]


def test_an_event_is_closed_unless_it_says_otherwise() -> None:
    assert diff({}, {"additionalProperties": False}) == []
    assert diff({}, {"additionalProperties": True}) == [
        Change("$.event", "other properties allowed now", breaking=False)
    ]


def test_the_same_schema_has_not_changed() -> None:
    assert (
        changed(
            {"type": "array", "items": {"enum": [1]}}, {"type": "array", "items": {"enum": [1]}}
        )
        == []
    )
