"""A Grafana dashboard over Prometheus, made of a table of panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import ascii_uppercase
from typing import Any, NamedTuple

from elfaust.metrics.of_hive import HIVE_ADDED, HIVE_DIFFERENCES, HIVE_MISSING
from elfaust.metrics.of_processes import DISK_FREE, RECENT_STARTS
from elfaust.metrics.of_schemas import SCHEMA_EVENTS, SCHEMA_UNUSUAL, SCHEMA_USUAL
from elfaust.metrics.table import (
    DATAGRAMS_LOST,
    EVENTS,
    HELD,
    LAG_EVENTS,
    LAG_SECONDS,
    LOOKUPS,
    RAW_LINES,
    SINK_BYTES,
    SINK_FILES,
    SINK_REJECTED,
    SINK_ROWS,
    SINK_SECONDS,
    SPOOL_BYTES,
    STATE,
    VALID,
)

#: Width of the dashboard and of a panel, and height of a panel, in Grafana's units.
WIDTH, PANEL_WIDTH, PANEL_HEIGHT = 24, 12, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
_SCHEMA = 'schema=~"$schema"'


class Panel(NamedTuple):
    """A chart: its title and unit, and its lines, each a legend and an expression."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]


PANELS = (
    Panel(
        "Raw, valid and inserted, a second",
        "short",
        (
            ("raw", f"sum(rate({RAW_LINES.name}[5m]))"),
            ("valid", f'sum(rate({EVENTS.name}{{result="{VALID}"}}[5m]))'),
            ("{{sink}}", f"sum by (sink) (rate({SINK_ROWS.name}[5m]))"),
        ),
    ),
    Panel(
        "Errors by code, a second",
        "short",
        (("{{result}}", f'sum by (result) (rate({EVENTS.name}{{result!="{VALID}"}}[5m]))'),),
    ),
    Panel(
        "Age of the oldest record that is not written",
        "s",
        (("{{role}}", f"max by (role) ({LAG_SECONDS.name})"),),
    ),
    Panel("Lag in records", "short", (("{{role}}", f"sum by (role) ({LAG_EVENTS.name})"),)),
    Panel(
        "Valid events of schemas, a second",
        "short",
        (
            (
                "{{schema}} {{revision}}",
                "sum by (schema, revision)"
                f' (rate({EVENTS.name}{{result="{VALID}",{_SCHEMA}}}[5m]))',
            ),
        ),
    ),
    Panel(
        "Errors of schemas, a second",
        "short",
        (
            (
                "{{schema}} {{revision}} {{result}}",
                "sum by (schema, revision, result)"
                f' (rate({EVENTS.name}{{result!="{VALID}",{_SCHEMA}}}[5m]))',
            ),
        ),
    ),
    Panel(
        "Schemas that are silent, off their rate or full of errors",
        "short",
        (
            (
                "{{schema}} {{revision}}: {{kind}}",
                f"max by (schema, revision, kind) ({SCHEMA_UNUSUAL.name}{{{_SCHEMA}}}) > 0",
            ),
        ),
    ),
    Panel(
        "Valid events in the last whole hour, and usually",
        "short",
        (
            (
                "{{schema}} {{revision}}",
                f"max by (schema, revision) ({SCHEMA_EVENTS.name}{{{_SCHEMA}}})",
            ),
            (
                "{{schema}} {{revision}}: usual",
                f"max by (schema, revision) ({SCHEMA_USUAL.name}{{{_SCHEMA}}})",
            ),
        ),
    ),
    Panel(
        "Workers that wait, try again or hold something",
        "short",
        (
            ("{{role}} {{state}}", f'sum by (role, state) ({STATE.name}{{state!="running"}})'),
            ("{{role}}: places held", f"sum by (role) ({HELD.name})"),
        ),
    ),
    Panel(
        "Seconds of a sink's writes, 95 of 100",
        "s",
        (
            (
                "{{sink}}",
                "histogram_quantile(0.95, sum by (sink, le)"
                f" (rate({SINK_SECONDS.name}_bucket[5m])))",
            ),
        ),
    ),
    Panel(
        "Rejected by sinks, a second",
        "short",
        (("{{sink}}", f"sum by (sink) (rate({SINK_REJECTED.name}[5m]))"),),
    ),
    Panel(
        "Parquet: files an hour, and bytes a second",
        "short",
        (
            ("files an hour", f"sum(increase({SINK_FILES.name}[1h]))"),
            ("bytes a second", f"sum(rate({SINK_BYTES.name}[5m]))"),
        ),
    ),
    Panel(
        "Hive: hours without a partition, and what differs",
        "short",
        (
            ("missing", f"max({HIVE_MISSING.name})"),
            ("differ", f"max({HIVE_DIFFERENCES.name})"),
            ("added in an hour", f"sum(increase({HIVE_ADDED.name}[1h]))"),
        ),
    ),
    Panel(
        "Look-ups of schemas, a second",
        "short",
        (("{{result}}", f"sum by (result) (rate({LOOKUPS.name}[5m]))"),),
    ),
    Panel(
        "Lines that are not in Kafka, and disks",
        "bytes",
        (
            ("spool", f"sum({SPOOL_BYTES.name})"),
            ("free: {{folder}}", f"min by (folder) ({DISK_FREE.name})"),
        ),
    ),
    Panel(
        "Datagrams lost, and restarts, in an hour",
        "short",
        (
            ("lost: {{by}}", f"sum by (by) (increase({DATAGRAMS_LOST.name}[1h]))"),
            ("restarts: {{role}}", f"max by (role) ({RECENT_STARTS.name}) - 1"),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    return {
        "title": "elfaust",
        "uid": "elfaust",
        "schemaVersion": 38,
        "timezone": "utc",
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus"},
                {
                    "name": "schema",
                    "type": "query",
                    "datasource": SOURCE,
                    "query": f"label_values({EVENTS.name}, schema)",
                    "refresh": 2,
                    "multi": True,
                    "includeAll": True,
                    "allValue": ".*",
                    "current": {"text": "All", "value": "$__all"},
                },
            ]
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    targets = [{"expr": expression, "legendFormat": legend} for legend, expression in panel.lines]
    return chart_panel(number, panel.title, panel.unit, SOURCE, targets)


def chart_panel(
    number: int,
    title: str,
    unit: str,
    source: Mapping[str, str],
    targets: Iterable[Mapping[str, str]],
) -> dict[str, Any]:
    """Return the n-th panel from 0, with what a source of data is asked for."""
    row, column = divmod(number, WIDTH // PANEL_WIDTH)
    return {
        "id": number + 1,
        "title": title,
        "type": "timeseries",
        "datasource": source,
        "gridPos": {
            "x": column * PANEL_WIDTH,
            "y": row * PANEL_HEIGHT,
            "w": PANEL_WIDTH,
            "h": PANEL_HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": letter, "datasource": source, **target}
            for letter, target in zip(ascii_uppercase, targets, strict=False)
        ],
    }
