"""The metrics of a worker's process, whatever its role: its starts, its disks, its version."""

from __future__ import annotations

from elfaust.metrics.metric import Metric
from elfaust.roles import ROLES

RECENT_STARTS = Metric(
    "elfaust_worker_recent_starts",
    "gauge",
    "starts",
    "How often the worker with this web port has begun within the last hour, without starts "
    "after a server was away.",
    ("role",),
    tuple(ROLES),
)
DISK_FREE = Metric(
    "elfaust_disk_free_bytes",
    "gauge",
    "bytes",
    "What is free on the disk of a folder: that of the workers' state (state), and that of the "
    "servers of `elfaust stack` (servers) where they are on this machine.",
    ("folder",),
    tuple(ROLES),
)
DISK_SIZE = Metric(
    "elfaust_disk_size_bytes",
    "gauge",
    "bytes",
    "The size of that disk.",
    ("folder",),
    tuple(ROLES),
)
BUILD = Metric(
    "elfaust_build_info",
    "gauge",
    "1",
    "The version of elfaust that runs.",
    ("role", "version", "python"),
    tuple(ROLES),
)

OF_PROCESSES = (RECENT_STARTS, DISK_FREE, DISK_SIZE, BUILD)
