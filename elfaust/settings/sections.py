"""The settings of elfaust: one typed table, read from faust.conf and the environment.

Each section is a frozen dataclass and each field one setting with its help text;
configuration.py reads them.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elfaust.roles import DEFAULT_STORES, SINKS
from elfaust.settings import reading as configuration
from elfaust.settings.values import ABSOLUTE, BROKERS, RELATIVE, TOPIC, URL, URLS, WORD

MAX_PORT = 65_535
#: Of the integers of Kafka's requests.
MAX_INT = 2**31 - 1


def setting(default: Any, help_text: str, *, secret: bool = False, **bounds: Any) -> Any:
    """Declare one setting: its default, what it means (with its unit), whether to mask it.

    Its type is the default's. A number must be above 0 unless `least` says otherwise, and at most
    `most`, where none is given what no server or library overflows at (setting_values.py); a
    text is one of `choices`, if there are any, holds each of the `{fields}`, if there are any, and
    is what its `pattern` says.
    """
    metadata = {"help": help_text, "secret": secret, **bounds}
    return field(default=default, repr=not secret, metadata=metadata)


def tcp_port(default: int, help_text: str) -> Any:
    """Declare a setting that is the number of a TCP or UDP port."""
    return setting(default, help_text, least=1, most=MAX_PORT)


#: In Kafka's order: a codec's number is its place.
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
LEVELS = ("debug", "info", "warning", "error", "critical")
PROFILES = ("production", "beta", "dev")
#: Years of EventLogging; elfaust/schema/dialect.py has their rules.
COMPATIBILITIES = ("2015", "2018")
REVISION = ("schema", "revision")
_SINK = f"(?:{'|'.join(SINKS)})"
STORES = (
    rf"(?!.*\b(\w+)\b.*\b\1\b){_SINK}(?: {_SINK})*",
    f"one or more of {', '.join(SINKS)}, a space between",
)


@dataclass(frozen=True)
class Kafka:
    bootstrap: str = setting(
        "127.0.0.1:9092", "Kafka brokers, host:port, comma separated.", pattern=BROKERS
    )
    app_id: str = setting(
        "elfaust-{role}",
        "Id of a role's app: its consumer group and tables.",
        fields=("role",),
        pattern=TOPIC,
    )
    fetch_min_bytes: int = setting(
        1_000_000, "Bytes a broker gathers before it answers a fetch.", most=MAX_INT
    )
    fetch_max_wait_ms: int = setting(
        500, "Longest wait of a fetch for fetch_min_bytes, ms.", most=MAX_INT
    )
    max_poll_records: int = setting(
        5_000, "Most records of one partition handed over as a batch.", most=10_000
    )
    session_timeout: float = setting(20.0, "Seconds until a silent worker's lanes go to others.")
    commit_interval: float = setting(1.0, "Seconds between commits of acknowledged offsets.")
    request_timeout: float = setting(30.0, "Seconds until a request to a broker counts as failed.")
    publish_timeout: float = setting(
        60.0, "Seconds of tries until a worker that cannot publish or commit stops."
    )
    batch_bytes: int = setting(
        900_000, "Largest batch of records sent to one partition, bytes.", most=MAX_INT
    )
    compression: str = setting("none", "Codec of produced batches.", choices=CODECS)


@dataclass(frozen=True)
class Topics:
    raw_client: str = setting(
        "eventlogging-client-side", "Topic of raw client-side lines.", pattern=TOPIC
    )
    raw_server: str = setting(
        "eventlogging-server-side", "Topic of raw server-side lines.", pattern=TOPIC
    )
    event: str = setting(
        "eventlogging_{schema}_{revision}",
        "Topic of a schema revision.",
        fields=REVISION,
        pattern=TOPIC,
    )
    error: str = setting(
        "eventlogging_EventError", "Topic of events that were refused.", pattern=TOPIC
    )
    lanes: int = setting(
        4, "Partitions of every topic; the most workers a role can use.", most=MAX_INT
    )
    replication: int = setting(1, "Copies of each partition that Kafka keeps.", most=2**15 - 1)
    discover_interval: float = setting(2.0, "Seconds between looks for topics of new schemas.")
    max_message_bytes: int = setting(
        4_194_304,
        "Longest record that a topic takes, bytes (Kafka's max.message.bytes): topics that take "
        "less are altered. Above it an event is refused, a forwarded line is cut.",
        least=100_000,
        most=MAX_INT,
    )


@dataclass(frozen=True)
class Processor:
    client_format: str = setting(
        "", "Format of raw client-side lines; empty: that of schemas.compatibility."
    )
    server_format: str = setting("%{seqId}d EventLogging %j", "Format of raw server-side lines.")
    max_line_bytes: int = setting(1_000_000, "Longest raw line that is parsed, bytes.")
    max_keys: int = setting(1_000, "Most keys and array items that an event may have.")
    keep_user_agent: str = setting(
        "NavigationTiming,SaveTiming",
        "Schemas, comma separated, whose records carry the user agent as sent, in a header.",
    )
    stores: str = setting(
        DEFAULT_STORES,
        "Sinks that run and keep events: what one of them cannot hold is refused.",
        pattern=STORES,
    )
    unresolved_seconds: float = setting(
        60.0, "Seconds for which a line waits while nobody tells its schema; then it is refused."
    )
    waiting_bytes: int = setting(
        64_000_000, "Bytes of lines that may wait so in a worker; above, the oldest are refused."
    )
    error_raw_bytes: int = setting(8_192, "Longest raw line kept in an EventError, bytes.")
    error_message_chars: int = setting(1_024, "Longest message kept in an EventError.")


@dataclass(frozen=True)
class Schemas:
    compatibility: str = setting(
        "2018",
        "Year of EventLogging whose uuid, user agent, id, string and NULL rules hold.",
        choices=COMPATIBILITIES,
    )
    folder: str = setting("schemas", "Folder of schemas, <Name>/<revision>.json.")
    wiki_url: str = setting("", "api.php of a schema wiki; empty: the folder alone.", pattern=URL)
    wiki_timeout: float = setting(5.0, "Seconds until a look-up in the schema wiki is given up.")
    wiki_calls: int = setting(4, "Most look-ups in the schema wiki side by side.")
    wiki_rate: float = setting(20.0, "Most look-ups in the schema wiki a second.")
    negative_ttl: float = setting(
        60.0, "Seconds for which a schema that does not exist is not looked for again.", least=0
    )


@dataclass(frozen=True)
class Mysql:
    host: str = setting("127.0.0.1", "MySQL host.", pattern=WORD)
    port: int = tcp_port(3306, "MySQL port.")
    user: str = setting("elfaust", "MySQL user.", pattern=WORD)
    password: str = setting("", "MySQL password.", secret=True)
    database: str = setting("log", "Database of the event tables.", pattern=WORD)
    table: str = setting(
        "{schema}_{revision}", "Table of a schema revision.", fields=REVISION, pattern=WORD
    )
    number: str = setting(
        "FLOAT",
        "Type of a number's column: FLOAT, EventLogging's, keeps 7 digits; DOUBLE keeps 15.",
        choices=("FLOAT", "DOUBLE"),
    )
    flush_rows: int = setting(3_000, "Rows of one table that are written as soon as they wait.")
    flush_bytes: int = setting(
        16_000_000, "Bytes of one table's events that are written as soon as they wait."
    )
    flush_seconds: float = setting(5.0, "Longest time that a row waits to be written, seconds.")
    insert_rows: int = setting(1_000, "Most rows of one INSERT.")
    timeout: float = setting(30.0, "Seconds until a connection attempt or statement is given up.")


@dataclass(frozen=True)
class Hdfs:
    storage: str = setting(
        "webhdfs", "Where Parquet goes: webhdfs or local.", choices=("webhdfs", "local")
    )
    url: str = setting("http://127.0.0.1:9870", "WebHDFS address of the NameNode.", pattern=URLS)
    user: str = setting("elfaust", "User of WebHDFS requests.", pattern=WORD)
    root: str = setting("/wmf/data/event", "Folder of the Parquet files.", pattern=ABSOLUTE)
    path: str = setting(
        "{schema}_{revision}/year={year}/month={month}/day={day}/hour={hour}",
        "Folder of a schema revision's hour under root; {schema} is in lower case.",
        fields=(*REVISION, "year", "month", "day", "hour"),
        pattern=RELATIVE,
    )
    first_year: int = setting(
        2012, "Events of earlier years go to the hour in which they came.", most=9_999
    )
    ahead_hours: int = setting(
        24, "So do events whose time is further ahead than that.", most=1_000_000
    )
    flush_rows: int = setting(100_000, "Rows of a lane that are written as soon as they wait.")
    flush_bytes: int = setting(
        64_000_000, "Bytes of a lane's events that are written as soon as they wait."
    )
    flush_seconds: float = setting(15.0, "Longest time that a row waits to be written, seconds.")
    writers: int = setting(8, "Files written side by side.")
    timeout: float = setting(30.0, "Seconds until a WebHDFS request is given up.")


@dataclass(frozen=True)
class Lines:
    folder: str = setting(
        "", "Folder of the JSON lines of the sink lines; empty: lines in the workers' state folder."
    )


@dataclass(frozen=True)
class Throughput:
    flush_seconds: float = setting(1.0, "Longest time that counts wait to reach their table.")
    keep_minutes: int = setting(1_440, "Minutes for which counts by the minute are kept.")
    show_minutes: int = setting(15, "Minutes shown on the throughput page.")


@dataclass(frozen=True)
class Forwarder:
    source: str = setting("udp", "What is read: udp, stdin ('-') or the path of a file.")
    topic: str = setting(
        "eventlogging-server-side", "Raw topic that lines are sent to.", pattern=TOPIC
    )
    host: str = setting("127.0.0.1", "Address on which UDP lines are received.", pattern=WORD)
    port: int = tcp_port(8421, "UDP port on which lines are received.")
    rate: float = setting(0.0, "Most lines a second; 0: as fast as Kafka takes them.", least=0)
    follow: bool = setting(False, "Whether to wait for more lines at the end of a file.")
    spool: str = setting("spool", "Folder for lines read and not yet in Kafka, under state.")
    memory_bytes: int = setting(
        16_000_000,
        "Bytes of UDP lines kept in memory while the spool's disk is full; what is more is lost.",
    )
    rotate_seconds: float = setting(
        5.0,
        "Seconds for which a rotated file must have been quiet before the next one is read.",
        least=0,
    )


@dataclass(frozen=True)
class Web:
    host: str = setting(
        "127.0.0.1", "Address on which the workers' web views listen.", pattern=WORD
    )
    port: int = tcp_port(6066, "Port of the throughput role's web view; others count up from it.")


@dataclass(frozen=True)
class Workers:
    state: str = setting("", "Folder of the workers' state; empty: <stack>/workers.")
    backoff_seconds: float = setting(0.5, "Wait before a worker that died starts again.")
    backoff_max_seconds: float = setting(30.0, "Longest wait before it starts again.")
    drain_seconds: float = setting(20.0, "Longest time that a stopping worker may drain.")
    log_level: str = setting("info", "Level of the workers' logs.", choices=LEVELS)


@dataclass(frozen=True)
class Stack:
    dir: str = setting(".stack", "Folder of the local servers' data, logs and process ids.")
    kafka_controller_port: int = tcp_port(9093, "Port of Kafka's KRaft controller.")
    namenode_port: int = tcp_port(8020, "RPC port of the NameNode.")
    datanode_port: int = tcp_port(9866, "Data port of the DataNode.")
    datanode_http_port: int = tcp_port(9864, "HTTP port of the DataNode.")
    datanode_ipc_port: int = tcp_port(9867, "IPC port of the DataNode.")
    start_timeout: float = setting(120.0, "Seconds until a server that does not answer failed.")


@dataclass(frozen=True)
class Settings:
    """All sections; `origins` maps "section.key" to where its value came from.

    `conf` is the path of the faust.conf that was read, empty if there was none.
    """

    kafka: Kafka = Kafka()
    topics: Topics = Topics()
    processor: Processor = Processor()
    schemas: Schemas = Schemas()
    mysql: Mysql = Mysql()
    hdfs: Hdfs = Hdfs()
    lines: Lines = Lines()
    throughput: Throughput = Throughput()
    forwarder: Forwarder = Forwarder()
    web: Web = Web()
    workers: Workers = Workers()
    stack: Stack = Stack()
    profile: str = "dev"
    conf: str = field(default="", compare=False)
    origins: dict[str, str] = field(default_factory=dict, compare=False)


SECTIONS: dict[str, Any] = {
    f.name: f.default for f in dataclasses.fields(Settings) if dataclasses.is_dataclass(f.default)
}


def load(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    profile: str | None = None,
) -> Settings:
    """Read the settings: defaults, faust.conf, its profile's sections, the environment.

    Without `path` the file is that of ELFAUST_CONF, ./faust.conf, or the package's. Raises
    SettingsError, naming the place, for anything unknown or not of its type.
    """
    environ = os.environ if environ is None else environ
    reading = configuration.read(SECTIONS, PROFILES, path, environ, profile)
    return Settings(
        **reading.sections, profile=reading.profile, conf=reading.conf, origins=reading.origins
    )


def state_folder(settings: Settings) -> Path:
    """Return the folder of the workers' state."""
    return Path(settings.workers.state or Path(settings.stack.dir) / "workers").resolve()


def as_environ(settings: Settings) -> dict[str, str]:
    """Return the variables that make `load` give these settings in another process."""
    variables = {"ELFAUST_PROFILE": settings.profile}
    if settings.conf:
        variables["ELFAUST_CONF"] = str(Path(settings.conf).resolve())
    for section in SECTIONS:
        for key, value in dataclasses.asdict(getattr(settings, section)).items():
            name = configuration.variable(section, key)
            variables[name] = str(value).lower() if isinstance(value, bool) else str(value)
    for section, defaults in SECTIONS.items():
        for item in dataclasses.fields(defaults):
            if item.metadata["secret"]:
                # The value itself is here: a file named by the caller's environment is not read.
                variables[configuration.variable(section, f"{item.name}_file")] = ""
    return variables
