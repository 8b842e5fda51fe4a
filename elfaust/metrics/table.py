"""The metrics, in one table: what is counted, in which unit, by which labels, in which roles.

Names are those of prometheus.io's conventions: base units, `_total` for what only rises. What rises
is what this process has done since its start.
"""

from __future__ import annotations

from elfaust.metrics.metric import Metric
from elfaust.metrics.of_hive import OF_HIVE
from elfaust.metrics.of_processes import OF_PROCESSES
from elfaust.metrics.of_schemas import OF_SCHEMAS
from elfaust.roles import READERS, ROLES, SINKS

#: Codes of the EventErrors that the processor makes; "valid" is the result of all other lines.
CODES = ("processor", "validation", "consumer", "unresolved")
VALID = "valid"
RESULTS = (VALID, *CODES)
#: What becomes of the look-up of a schema; after "unanswered" it is made again.
FOUND, UNANSWERED = "found", "unanswered"
LOOKUP_RESULTS = (FOUND, "missing", "unfit", UNANSWERED)
#: How a worker stands, of which one is 1: what waits for a server is first asked again soon.
STATES = ("running", "retrying", "waiting", "held")
#: Labels whose values come from events: past a bound they share one.
OPEN = frozenset({"schema", "revision", "topic"})
#: Upper bounds of the seconds that a sink's writes take.
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


RAW_LINES = Metric(
    "elfaust_raw_lines_total",
    "counter",
    "lines",
    "Raw lines that the processor has settled and committed.",
    ("topic",),
    ("processor",),
)
VALID_LINES = Metric(
    "elfaust_valid_lines_total",
    "counter",
    "lines",
    "Raw lines among them that are valid.",
    ("topic",),
    ("processor",),
)
REPEATED_LINES = Metric(
    "elfaust_repeated_lines_total",
    "counter",
    "lines",
    "Raw lines among them that a forwarder had sent before; they have no other result.",
    ("topic",),
    ("processor",),
)
EVENTS = Metric(
    "elfaust_events_total",
    "counter",
    "lines",
    "Results of raw lines that the processor has settled and committed: valid, or the code of the "
    "EventError. Names that no registry knows share the schema `unknown`.",
    ("schema", "revision", "result"),
    ("processor",),
)
LOOKUPS = Metric(
    "elfaust_schema_lookups_total",
    "counter",
    "look-ups",
    "Look-ups of schemas that were not known, by their result; one that is unanswered is made "
    "again.",
    ("result",),
    ("processor",),
)
SINK_ROWS = Metric(
    "elfaust_sink_rows_total",
    "counter",
    "events",
    "Events that a sink has stored; what was stored before is not counted again.",
    ("sink", "schema", "revision"),
    SINKS,
)
SINK_REJECTED = Metric(
    "elfaust_sink_rejected_total",
    "counter",
    "events",
    "Events that a sink could not store, and of which it has made EventErrors.",
    ("sink", "schema", "revision"),
    SINKS,
)
SINK_FILES = Metric(
    "elfaust_sink_files_total",
    "counter",
    "files",
    "Files that a sink has stored.",
    ("sink", "schema", "revision"),
    ("hdfs",),
)
SINK_BYTES = Metric(
    "elfaust_sink_bytes_total",
    "counter",
    "bytes",
    "Bytes of the files that a sink has stored.",
    ("sink", "schema", "revision"),
    ("hdfs",),
)
SINK_SECONDS = Metric(
    "elfaust_sink_batch_seconds",
    "histogram",
    "seconds",
    "How long a sink has taken to store the events of one write.",
    ("sink",),
    SINKS,
)
LAG_EVENTS = Metric(
    "elfaust_consumer_lag_events",
    "gauge",
    "records",
    "Records of a topic, in the lanes of this worker, that it has not acknowledged.",
    ("role", "topic"),
    READERS,
)
LAG_SECONDS = Metric(
    "elfaust_oldest_unwritten_seconds",
    "gauge",
    "seconds",
    "Age of the oldest of these records; 0 where there is none. A record without a time that can "
    "be believed counts from when it was first seen.",
    ("role", "topic"),
    READERS,
)
LAG_MEASURED = Metric(
    "elfaust_lag_measured_timestamp_seconds",
    "gauge",
    "seconds",
    "When a worker last measured these two, in Unix seconds; absent until it has.",
    ("role",),
    READERS,
)
STATE = Metric(
    "elfaust_worker_state",
    "gauge",
    "0 or 1",
    "How a worker stands: running; retrying, its server has failed once; waiting for a server; "
    "held, some of its events wait by themselves.",
    ("role", "state"),
    tuple(ROLES),
)
HELD = Metric(
    "elfaust_held",
    "gauge",
    "places",
    "Tables, folders, schemas and lanes whose events wait by themselves, and what else a worker "
    "reports as held at `/ready/`.",
    ("role",),
    tuple(ROLES),
)
UNFORESEEN = Metric(
    "elfaust_unforeseen_total",
    "counter",
    "records",
    "Records on which elfaust itself has failed, by the code of their EventErrors; core: lines on "
    "which the compiled judge has, and that Python judged.",
    ("code",),
    tuple(ROLES),
)
SPOOL_BYTES = Metric(
    "elfaust_spool_bytes",
    "gauge",
    "bytes",
    "Bytes of received lines that are not in Kafka yet: in the spool, and in memory while the "
    "spool's disk takes nothing.",
    (),
    ("forwarder",),
)
DATAGRAMS_LOST = Metric(
    "elfaust_datagrams_lost_total",
    "counter",
    "datagrams",
    "Datagrams that are lost, because the kernel could not keep them (kernel), or because the "
    "spool's disk and the memory were full (spool).",
    ("by",),
    ("forwarder",),
)
LOSS_TIME = Metric(
    "elfaust_last_loss_timestamp_seconds",
    "gauge",
    "seconds",
    "When a look at this page first saw the last of these losses, since the epoch; 0 if there is "
    "none.",
    ("by",),
    ("forwarder",),
)
INTAKE_REQUESTS = Metric(
    "elfaust_intake_requests_total",
    "counter",
    "requests",
    "Requests that the intake has answered, by the status of the answer; those that no handler has "
    "seen, for they were too long or no HTTP, are among them.",
    ("status",),
    ("intake",),
)
INTAKE_IN_FLIGHT = Metric(
    "elfaust_intake_requests_in_flight",
    "gauge",
    "requests",
    "Requests that the intake is answering.",
    (),
    ("intake",),
)
INTAKE_WAITING_BYTES = Metric(
    "elfaust_intake_waiting_bytes",
    "gauge",
    "bytes",
    "Bytes of lines that the intake has taken and Kafka has not acknowledged.",
    (),
    ("intake",),
)
COUNTS_MISSING = Metric(
    "elfaust_counts_missing",
    "gauge",
    "records",
    "Records that were counted, and that Kafka's table of counts no longer had when this worker "
    "took its lanes; those of an hour are missing in it and in all.",
    (),
    ("throughput",),
)
#: In the order in which they are shown.
METRICS = (
    RAW_LINES,
    VALID_LINES,
    REPEATED_LINES,
    EVENTS,
    LOOKUPS,
    SINK_ROWS,
    SINK_REJECTED,
    SINK_FILES,
    SINK_BYTES,
    SINK_SECONDS,
    LAG_EVENTS,
    LAG_SECONDS,
    LAG_MEASURED,
    STATE,
    HELD,
    UNFORESEEN,
    SPOOL_BYTES,
    DATAGRAMS_LOST,
    LOSS_TIME,
    INTAKE_REQUESTS,
    INTAKE_IN_FLIGHT,
    INTAKE_WAITING_BYTES,
    COUNTS_MISSING,
    *OF_SCHEMAS,
    *OF_HIVE,
    *OF_PROCESSES,
)
