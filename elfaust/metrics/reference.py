"""The table of metrics as docs/reference.md shows it."""

from __future__ import annotations

from elfaust.metrics.table import METRICS
from elfaust.roles import ROLES


def as_markdown() -> str:
    """Return the table."""
    lines = ["| metric | kind, unit | labels | roles | counts |", "| --- | --- | --- | --- | --- |"]
    for metric in METRICS:
        labels = " ".join(f"`{label}`" for label in metric.labels)
        roles = "all" if metric.roles == tuple(ROLES) else " ".join(f"`{r}`" for r in metric.roles)
        of = f"{metric.kind}, {metric.unit}"
        lines.append(f"| `{metric.name}` | {of} | {labels} | {roles} | {metric.help} |")
    return "\n".join(lines) + "\n"
