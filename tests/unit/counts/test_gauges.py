"""What is unusual of a schema is among the metrics, and nothing is while nobody knows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from elfaust.counts import gauges
from elfaust.counts.entry import CountKey
from elfaust.counts.usual import KINDS, Usual, usual
from elfaust.counts.view import View
from elfaust.metrics.metric import Metric
from elfaust.metrics.of_schemas import (
    OF_SCHEMAS,
    SCHEMA_ERRORS,
    SCHEMA_EVENTS,
    SCHEMA_UNUSUAL,
    SCHEMA_USUAL,
    SCHEMA_USUAL_ERRORS,
    SCHEMAS_JUDGED,
)
from elfaust.metrics.values import Labels, values
from elfaust.records import SchemaKey
from tests.counted import counted
from tests.unit.counts.test_usual import HOUR, NOW, view_of


def said(metric: Metric) -> dict[Labels, float]:
    return values().look().numbers[metric]


def test_the_numbers_and_the_judgement_are_those_of_the_counts() -> None:
    view = view_of(lambda back: 500 if back == 0 else 1000, lambda back: 10, lately=(30, 90))
    view.apply(CountKey(0, "t", "Young", 2, "", None, HOUR), {"count": 7})
    gauges.register(view, lambda: NOW)
    edit, young = ("Edit", "1"), ("Young", "2")
    assert said(SCHEMAS_JUDGED) == {(): 1}
    assert said(SCHEMA_EVENTS) == {edit: 500, young: 7}
    assert said(SCHEMA_USUAL) == {edit: 1000}
    assert said(SCHEMA_ERRORS) == {edit: 0.75, young: 0}
    assert round(said(SCHEMA_USUAL_ERRORS)[edit], 3) == 0.01
    assert set(said(SCHEMA_UNUSUAL)) == {(*key, kind) for key in (edit, young) for kind in KINDS}
    assert counted(SCHEMA_UNUSUAL) == {(*edit, "errors"): 1, (*edit, "fewer"): 1}


@pytest.mark.parametrize(("took", "pause"), [(0.5, 50.0), (0.001, 1.0)])
def test_reckoning_takes_a_hundredth_of_the_time(
    took: float, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, view = 100.0, View(clock=lambda: NOW)
    view.complete = True

    def slow(view: View, at: float) -> Mapping[SchemaKey, Usual]:
        nonlocal now
        now += took
        return usual(view, at)

    monkeypatch.setattr(gauges, "usual", slow)
    numbers = gauges.Gauges(view, lambda: NOW, lambda: now)

    def events() -> Mapping[Labels, float]:
        return numbers.numbers(lambda of: of.events)

    assert events() == {}
    view.apply(CountKey(0, "t", "Edit", 1, "", None, HOUR), {"count": 1000})
    now = 100.0 + pause - 0.01
    assert events() == {}
    now = 100.0 + pause
    assert events() == {("Edit", "1"): 1000}


def test_nothing_is_said_of_counts_that_are_not_complete() -> None:
    view = view_of(lambda back: 1000)
    view.complete = False
    gauges.register(view, lambda: NOW)
    assert [said(metric) for metric in OF_SCHEMAS] == [{}] * len(OF_SCHEMAS)
