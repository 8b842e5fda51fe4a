"""The table of metrics keeps to Prometheus's conventions, and has all that is counted."""

from __future__ import annotations

import re

import pytest

from elfaust.counts import tally
from elfaust.metrics import of_hive, of_processes, of_schemas, table
from elfaust.metrics.metric import Metric
from elfaust.metrics.table import METRICS
from elfaust.roles import ROLES


def test_every_metric_is_in_the_table_once() -> None:
    named = {**vars(table), **vars(of_schemas), **vars(of_hive), **vars(of_processes)}
    made = [value for value in named.values() if isinstance(value, Metric)]
    assert sorted(METRICS) == sorted(made)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_keeps_to_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"elfaust(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not re.search(r"_(ms|millis|minutes|kb|mb)\b", metric.name)
    assert ("seconds" in metric.name) == (metric.unit == "seconds")
    assert ("_bytes" in metric.name) == (metric.unit == "bytes")
    assert all(re.fullmatch("[a-z]+", label) for label in metric.labels)
    assert not {"le", "instance", "job"} & set(metric.labels)
    assert metric.help.endswith(".")
    assert "\n" not in metric.help
    assert set(metric.roles) <= set(ROLES)
    assert metric.roles


def test_results_are_the_codes_of_the_counts() -> None:
    assert tally.CODES == table.CODES
