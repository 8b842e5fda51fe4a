"""The metrics of the role hive: partitions, those that are missing, and what differs."""

from __future__ import annotations

from elfaust.metrics.metric import Metric

HIVE_ADDED = Metric(
    "elfaust_hive_partitions_added_total",
    "counter",
    "partitions",
    "Partitions that were added to Hive's tables.",
    (),
    ("hive",),
)
HIVE_MISSING = Metric(
    "elfaust_hive_partitions_missing",
    "gauge",
    "partitions",
    "Hours with a folder, and without a partition in Hive.",
    (),
    ("hive",),
)
HIVE_MISSING_SECONDS = Metric(
    "elfaust_hive_partitions_missing_seconds",
    "gauge",
    "seconds",
    "For how long there have been such hours; 0 where there are none.",
    (),
    ("hive",),
)
HIVE_DIFFERENCES = Metric(
    "elfaust_hive_differences",
    "gauge",
    "tables, partitions or folders",
    "What somebody has to look at, for it is not as elfaust has to have it; `elfaust hive status` "
    "names it.",
    (),
    ("hive",),
)

OF_HIVE = (HIVE_ADDED, HIVE_MISSING, HIVE_MISSING_SECONDS, HIVE_DIFFERENCES)
