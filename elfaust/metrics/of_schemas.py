"""The metrics that compare schema revisions with what is usual of them (elfaust/counts/usual.py).

They come from the exact counts, of all lanes: each worker of throughput says the same.
"""

from __future__ import annotations

from elfaust.metrics.metric import Metric

SCHEMAS_JUDGED = Metric(
    "elfaust_schemas_judged",
    "gauge",
    "schema revisions",
    "Schema revisions whose events are compared with what is usual: those with events eight days "
    "ago.",
    (),
    ("throughput",),
)
SCHEMA_UNUSUAL = Metric(
    "elfaust_schema_unusual",
    "gauge",
    "0 or 1",
    "Whether a schema revision is silent, has fewer or more events than usual in the last whole "
    "hour, or more errors in the last 15 minutes. Each worker of the role says the same.",
    ("schema", "revision", "kind"),
    ("throughput",),
)
SCHEMA_EVENTS = Metric(
    "elfaust_schema_hour_events",
    "gauge",
    "events",
    "Valid events of a schema revision in the last whole hour that is counted to its end.",
    ("schema", "revision"),
    ("throughput",),
)
SCHEMA_USUAL = Metric(
    "elfaust_schema_usual_hour_events",
    "gauge",
    "events",
    "The median of that hour on the seven days before; only where it is judged.",
    ("schema", "revision"),
    ("throughput",),
)
SCHEMA_ERRORS = Metric(
    "elfaust_schema_error_ratio",
    "gauge",
    "0 to 1",
    "Which part of a schema revision's lines in the last 15 minutes are errors; only where there "
    "are any.",
    ("schema", "revision"),
    ("throughput",),
)
SCHEMA_USUAL_ERRORS = Metric(
    "elfaust_schema_usual_error_ratio",
    "gauge",
    "0 to 1",
    "Which part of its lines in the last eight days are errors; only where there are a hundred.",
    ("schema", "revision"),
    ("throughput",),
)

OF_SCHEMAS = (
    SCHEMAS_JUDGED,
    SCHEMA_UNUSUAL,
    SCHEMA_EVENTS,
    SCHEMA_USUAL,
    SCHEMA_ERRORS,
    SCHEMA_USUAL_ERRORS,
)
