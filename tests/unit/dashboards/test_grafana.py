"""The dashboard shows what is counted, by the labels that it has, and each chart has a place."""

from __future__ import annotations

import json
import re

import pytest

from elfaust.dashboards.grafana import PANELS, WIDTH, Panel, dashboard
from elfaust.metrics.table import METRICS

#: By the names under which Prometheus has them.
LABELS = {metric.name: metric.labels for metric in METRICS} | {
    f"{metric.name}_bucket": (*metric.labels, "le")
    for metric in METRICS
    if metric.kind == "histogram"
}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_chart_shows_what_is_counted_by_labels_that_it_has(panel: Panel) -> None:
    for legend, expression in panel.lines:
        [name] = re.findall(r"elfaust_\w+", expression)
        by = re.search(r"by \(([^)]*)\)", expression)
        grouped = set(by[1].split(", ")) if by else set()
        filtered = set(re.findall(r"(\w+)[!=]~?\"", expression))
        assert grouped | filtered <= set(LABELS[name]), expression
        assert set(re.findall(r"{{(\w+)}}", legend)) <= grouped
        assert ("rate(" in expression or "increase(" in expression) == (
            name.endswith(("_total", "_bucket"))
        )


def test_charts_stand_beside_each_other_and_have_numbers_of_their_own() -> None:
    panels = json.loads(json.dumps(dashboard()))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= WIDTH for panel in panels)
