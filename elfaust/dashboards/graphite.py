"""Dashboards over Graphite: graphite-web's own, and one for Grafana with the same charts."""

from __future__ import annotations

from typing import Any

from elfaust.dashboards.grafana import chart_panel
from elfaust.graphite.charts import HOURS, REFRESH_SECONDS, charts
from elfaust.settings import Settings

SOURCE = {"type": "graphite", "uid": "${source}"}


def grafana_over_graphite(settings: Settings) -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    panels = [
        chart_panel(
            number, chart.title, chart.unit, SOURCE, [{"target": of} for of in chart.targets]
        )
        for number, chart in enumerate(charts(settings))
    ]
    return {
        "title": "elfaust over Graphite",
        "uid": "elfaust-graphite",
        "schemaVersion": 38,
        "timezone": "utc",
        "time": {"from": f"now-{HOURS}h", "to": "now-1m"},
        "refresh": f"{REFRESH_SECONDS // 60}m",
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "graphite"}]},
        "panels": panels,
    }
