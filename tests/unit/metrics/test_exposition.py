"""What Prometheus reads is what was counted, whatever the names are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse

from elfaust.metrics.exposition import exposition
from elfaust.metrics.table import EVENTS, HELD, METRICS, SINK_SECONDS
from elfaust.metrics.values import Snapshot, Values

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
LABELS = ("schema", "result")


def snapshot() -> Snapshot:
    found = Values()
    found.count(EVENTS, 3, "Edit", "1", "valid")
    found.count(EVENTS, 0, "Edit", "1", "validation")
    found.ask(HELD, lambda: {("mysql",): 2})
    for seconds in (0.02, 0.3, 0.3, 500.0):
        found.observe(SINK_SECONDS, seconds, "mysql")
    return found.look()


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain; version=x",
        "application/openmetrics-text;version=a.b",
        "application/openmetrics-text;version=",
        ";;=,",
        "\xff" * 9_000,
    ],
)
def test_whatever_is_asked_for_is_answered(accept: str) -> None:
    body, content_type = exposition(snapshot(), accept, process=False)
    assert b"elfaust_events_total" in body
    assert content_type.partition(";")[0] in ("text/plain", "application/openmetrics-text")


@pytest.mark.parametrize("accept", ["", "text/plain", OPENMETRICS])
def test_prometheus_reads_what_was_counted(accept: str) -> None:
    body, content_type = exposition(snapshot(), accept, process=True)
    read = parse_openmetrics if accept == OPENMETRICS else parse
    families = {family.name: family for family in read(body.decode())}
    samples = {
        (sample.name, *map(sample.labels.get, LABELS)): sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name.startswith("elfaust_")
    }
    assert samples["elfaust_events_total", "Edit", "valid"] == 3
    assert samples["elfaust_events_total", "Edit", "validation"] == 0
    assert samples["elfaust_held", None, None] == 2
    spread = "elfaust_sink_batch_seconds"
    assert samples[f"{spread}_count", None, None] == 4
    assert samples[f"{spread}_sum", None, None] == pytest.approx(500.62)
    buckets = {
        sample.labels["le"]: sample.value
        for sample in families[spread].samples
        if sample.name.endswith("_bucket")
    }
    assert [buckets[le] for le in ("0.01", "0.025", "0.25", "0.5", "120.0", "+Inf")] == [
        *(0, 1, 1, 3, 3, 4)
    ]
    assert ("openmetrics" in content_type) == (accept == OPENMETRICS)


def test_a_look_has_the_kind_and_help_of_the_table_and_the_start_of_the_process() -> None:
    body, _ = exposition(snapshot(), "", process=True)
    families = {family.name: family for family in parse(body.decode())}
    for metric in METRICS:
        if family := families.get(metric.name.removesuffix("_total")):
            assert (family.type, family.documentation) == (metric.kind, metric.help)
    assert families["process_start_time_seconds"].samples[0].value > 1_600_000_000
    assert "elfaust_raw_lines" not in families


def test_names_of_anybody_are_read_as_they_are() -> None:
    found, hostile = Values(), 'a"} 9\n# \\x\u20acelfaust_held 7'
    found.count(EVENTS, 1, hostile, "1", "valid")
    body, _ = exposition(found.look(), "", process=True)
    [family] = [family for family in parse(body.decode()) if family.name == "elfaust_events"]
    [sample] = family.samples
    assert (sample.labels["schema"], sample.value) == (hostile, 1)


def test_processes_share_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """prometheus-client keeps files there for processes that share their numbers."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    body, _ = exposition(snapshot(), "", process=True)
    assert b"elfaust_held" in body
    assert b"process_start_time_seconds" in body
    assert list(tmp_path.iterdir()) == []
