"""Counts add up from any thread, in bounded memory, and exist before there is anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from elfaust.metrics.table import (
    EVENTS,
    HELD,
    LAG_EVENTS,
    LAG_SECONDS,
    RESULTS,
    SECONDS,
    SINK_SECONDS,
)
from elfaust.metrics.values import (
    OTHER,
    UNKNOWN,
    Labels,
    Spread,
    Values,
    begin_schemas,
    count,
    values,
)
from elfaust.records import SchemaKey
from tests.counted import counted


def test_additions_of_threads_add_up() -> None:
    found = Values()

    def add() -> None:
        for _ in range(2_000):
            found.count(EVENTS, 2, "Edit", "1", "valid")

    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(add)
    assert found.look().numbers[EVENTS] == {("Edit", "1", "valid"): 16_000}


def test_past_the_bound_names_share_one_and_nothing_is_lost() -> None:
    found = Values(most=3)
    for name in "ABCDEC":
        found.count(EVENTS, 1, name, "1", "valid")
    found.count(EVENTS, 1, "F", "7", "validation")
    other = OTHER["schema"], OTHER["revision"]
    assert found.look().numbers[EVENTS] == {
        ("A", "1", "valid"): 1,
        ("B", "1", "valid"): 1,
        ("C", "1", "valid"): 2,
        (*other, "valid"): 2,
        (*other, "validation"): 1,
    }


def test_two_thousand_schema_revisions_have_names_of_their_own() -> None:
    found = Values()
    for n in range(2_000):
        for result in RESULTS:
            found.count(EVENTS, 1, f"S{n}", "1", result)
    assert len(found.look().numbers[EVENTS]) == 10_000
    found.count(EVENTS, 1, "T", "1", "valid")
    assert found.look().numbers[EVENTS][OTHER["schema"], OTHER["revision"], "valid"] == 1


def test_a_metric_whose_labels_are_ours_has_no_bound() -> None:
    found = Values(most=1)
    for role in ("mysql", "hdfs"):
        found.observe(SINK_SECONDS, 1.0, role)
    assert set(found.look().spreads[SINK_SECONDS]) == {("mysql",), ("hdfs",)}


def test_who_is_asked_says_what_is_so_now() -> None:
    found = Values(most=2)
    said: dict[Labels, float] = {("mysql", "a"): 3}
    found.ask(LAG_EVENTS, lambda: said)
    found.ask(LAG_SECONDS, lambda: said)
    assert found.look().numbers[LAG_EVENTS] == {("mysql", "a"): 3}
    said |= {("mysql", name): float(age) for age, name in enumerate("bcd", 4)}
    assert found.look().numbers[LAG_EVENTS][("mysql", "other")] == 5 + 6
    assert found.look().numbers[LAG_SECONDS][("mysql", "other")] == 6
    said.clear()
    assert found.look().numbers[LAG_EVENTS] == {}


def test_what_two_say_of_one_metric_is_all_there() -> None:
    found = Values()
    found.ask(HELD, lambda: {("mysql",): 1})
    found.ask(HELD, lambda: {("hdfs",): 2})
    assert found.look().numbers[HELD] == {("mysql",): 1, ("hdfs",): 2}


@pytest.mark.parametrize(
    ("seconds", "place"), [(0.0, 0), (0.01, 0), (0.011, 1), (120.0, 12), (121.0, 13)]
)
def test_a_value_is_in_the_first_bucket_that_holds_it(seconds: float, place: int) -> None:
    found = Values()
    found.observe(SINK_SECONDS, seconds, "mysql")
    counts = tuple(int(at == place) for at in range(len(SECONDS) + 1))
    assert found.look().spreads[SINK_SECONDS] == {("mysql",): Spread(counts, seconds)}


def test_a_spread_adds_up() -> None:
    found = Values()
    found.begin_spread(SINK_SECONDS, "mysql")
    for seconds in (0.3, 0.4, 200.0):
        found.observe(SINK_SECONDS, seconds, "mysql")
    found.begin_spread(SINK_SECONDS, "mysql")
    [spread] = found.look().spreads[SINK_SECONDS].values()
    assert (sum(spread.counts), spread.sum) == (3, 200.7)


def test_a_schema_has_all_of_its_results_from_the_start() -> None:
    begin_schemas([SchemaKey("Edit", 1), UNKNOWN])
    count(EVENTS, 3, "Edit", "1", "valid")
    begin_schemas([SchemaKey("Edit", 1)])
    assert counted(EVENTS) == {("Edit", "1", "valid"): 3}
    existing = values().look().numbers[EVENTS]
    assert set(existing) == {
        (*key, result) for key in (("Edit", "1"), ("unknown", "-1")) for result in RESULTS
    }


def test_a_look_is_of_one_moment() -> None:
    found = Values()
    found.count(EVENTS, 1, "Edit", "1", "valid")
    before = found.look()
    found.count(EVENTS, 1, "Edit", "1", "valid")
    assert before.numbers[EVENTS] == {("Edit", "1", "valid"): 1}
