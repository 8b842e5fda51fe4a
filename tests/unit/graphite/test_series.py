from __future__ import annotations

import pytest

from elfaust.counts.tally import UNKNOWN_KEY
from elfaust.graphite.series import OTHER, lines, points
from elfaust.graphite.shared import Shared
from elfaust.records import SchemaKey

ONE, TWO, THREE = (SchemaKey(name, 1) for name in ("One", "Two", "Three"))


def test_a_minute_of_nothing_is_zeros() -> None:
    found = points({})
    assert set(found.values()) == {0}
    assert {"overall.raw", "overall.valid", "overall.stored", "overall.errors.consumer"} <= set(
        found
    )


def test_what_a_sink_refused_is_valid_and_an_error_and_one_line() -> None:
    found = points(
        {(ONE, ""): (10, 0), (ONE, "consumer"): (3, 2), (UNKNOWN_KEY, "processor"): (1, 0)}
    )
    of = {name: number for name, number in found.items() if number}
    assert of == {
        "overall.raw": 12,
        "overall.valid": 10,
        "overall.stored": 8,
        "overall.errors.consumer": 3,
        "overall.errors.processor": 1,
        "schema.One.1.valid": 10,
        "schema.One.1.errors.consumer": 3,
        "schema.unknown.-1.errors.processor": 1,
    }


def test_schema_revisions_past_the_bound_share_a_series_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    warn = lambda message, *of: said.append(message % of)  # noqa: E731
    monkeypatch.setattr("elfaust.graphite.shared.log.warning", warn)
    shared = Shared("schema revisions", OTHER, most=1)
    counts = {(ONE, ""): (1, 0), (TWO, ""): (2, 0), (THREE, ""): (4, 0), (TWO, "consumer"): (8, 0)}
    found = points(counts, shared.own)
    assert points(counts, shared.own) == found
    assert found["schema.One.1.valid"] == 1
    assert found["schema.other.-1.valid"] == 6
    assert found["schema.other.-1.errors.consumer"] == 8
    assert found["overall.valid"] == 7
    assert len([name for name in found if name.startswith("schema.")]) == 3
    assert said[0].startswith("1 schema revisions have series of their own")


def test_a_point_is_a_line_of_its_minute() -> None:
    assert lines("elfaust", 2, {"a": 1, "b.c": 0}) == b"elfaust.a 1 120\nelfaust.b.c 0 120\n"
