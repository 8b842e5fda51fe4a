"""The files that `elfaust dashboards` writes, by what they are for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from elfaust.dashboards.grafana import dashboard
from elfaust.dashboards.graphite import grafana_over_graphite
from elfaust.graphite.charts import dashboard as graphite_web
from elfaust.roles import running
from elfaust.settings import Settings
from elfaust.workers.state import web_port

#: What there are files for.
KINDS = ("prometheus", "grafana", "graphite")


def files_for(kind: str, settings: Settings) -> Mapping[str, str]:
    """Return the texts of the files of a kind, by their names."""
    if kind == "grafana":
        over_graphite = grafana_over_graphite(settings)
        return {"elfaust.json": _text(dashboard()), "elfaust-graphite.json": _text(over_graphite)}
    if kind == "graphite":
        return {"elfaust.json": _text(graphite_web(settings))}
    rules = (files("elfaust.dashboards") / "alerts.yml").read_text()
    return {"alerts.yml": rules, "prometheus.yml": _scraping(settings)}


def _text(board: Mapping[str, object]) -> str:
    return json.dumps(board, indent=2) + "\n"


def _scraping(settings: Settings) -> str:
    roles = running(settings.processor.stores, asked=settings.asked)
    targets = "\n".join(
        f"          - {settings.web.at(web_port(settings, role))}  # {role}" for role in roles
    )
    return f"""# The first worker of each role on this machine; others use the ports that follow.
global:
  scrape_interval: 15s
  evaluation_interval: 15s
rule_files: [alerts.yml]
scrape_configs:
  - job_name: elfaust
    static_configs:
      - targets:
{targets}
"""
