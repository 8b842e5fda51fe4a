"""Settings of the way from raw lines to events: Kafka, its topics, the processor, the schemas."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from elfaust.roles import DEFAULT_STORES
from elfaust.settings.values import (
    CONFIG,
    Brokers,
    Flag,
    FromZero,
    Int32,
    Machine,
    Plain,
    PlainOrEmpty,
    Port,
    Seconds,
    Stores,
    Topic,
    TopicOfRevision,
    TopicOfRole,
    UrlOrEmpty,
    Whole,
    one_of,
    setting,
)

#: In Kafka's order: a codec's number is its place.
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
#: Years of EventLogging; elfaust/schema/dialect.py has their rules.
COMPATIBILITIES = ("2015", "2018")
#: Ways to judge plain lines.
JUDGES = ("auto", "python", "rust")
#: Kinds of raw lines: `topics.raw_<kind>` is their topic, `processor.<kind>_format` their format.
RAW_KINDS = ("client", "server")


@dataclass(frozen=True, config=CONFIG)
class Kafka:
    bootstrap: Brokers = setting(
        "127.0.0.1:9092",
        "Workers connect to these Kafka brokers first, each host:port, with commas between them.",
    )
    app_id: TopicOfRole = setting(
        "elfaust-{role}",
        "The app of a role has this id, which names its consumer group and its tables in Kafka; "
        "{role} stands for the role.",
    )
    fetch_min_bytes: Int32 = setting(
        1_000_000,
        "A broker answers a fetch when it has this many bytes, or when kafka.fetch_max_wait_ms "
        "have passed.",
    )
    fetch_max_wait_ms: Int32 = setting(
        500,
        "A broker answers a fetch after this many milliseconds, even if it has fewer than "
        "kafka.fetch_min_bytes.",
    )
    max_poll_records: Annotated[Whole, Field(le=10_000)] = setting(
        10_000,
        "A batch that is delivered to a worker holds at most this many records, all of one "
        "partition.",
    )
    session_timeout: Seconds = setting(
        20.0,
        "A worker that Kafka has not heard from for this many seconds loses its lanes to other "
        "workers.",
    )
    commit_interval: Seconds = setting(
        1.0, "This many seconds pass between two commits of acknowledged offsets."
    )
    request_timeout: Seconds = setting(
        30.0, "A request that a broker does not answer within this many seconds has failed."
    )
    publish_timeout: Seconds = setting(
        60.0,
        "A worker that cannot publish or commit tries for this many seconds and then stops.",
    )
    batch_bytes: Int32 = setting(
        900_000, "A batch of records that is sent to one partition has at most this many bytes."
    )
    compression: Annotated[str, one_of(*CODECS)] = setting(
        "none", "Batches of records are compressed with this codec before they are sent."
    )


@dataclass(frozen=True, config=CONFIG)
class Topics:
    raw_client: Topic = setting(
        "eventlogging-client-side", "Raw client-side lines are read from this topic."
    )
    raw_server: Topic = setting(
        "eventlogging-server-side", "Raw server-side lines are read from this topic."
    )
    event: TopicOfRevision = setting(
        "eventlogging_{schema}_{revision}",
        "Events of a schema revision go to this topic; {schema} stands for the name of the schema "
        "and {revision} for its number.",
    )
    error: Topic = setting(
        "eventlogging_EventError",
        "An EventError for each event that is refused goes to this topic.",
    )
    lanes: Int32 = setting(
        4,
        "Every topic has this many partitions, and a role can use as many workers as there are "
        "partitions.",
    )
    replication: Annotated[Whole, Field(le=2**15 - 1)] = setting(
        1, "Kafka keeps this many copies of each partition."
    )
    discover_interval: Seconds = setting(
        2.0, "This many seconds pass between two searches for topics of new schemas."
    )
    retention_hours: FromZero = setting(
        0.0,
        "Topics that workers create keep their records for this many hours; with 0 as long as the "
        "brokers have it.",
    )
    max_message_bytes: Annotated[Int32, Field(ge=100_000)] = setting(
        4_194_304,
        "A topic takes records of at most this many bytes (max.message.bytes in Kafka): a topic "
        "that takes less is altered, a longer event is refused, a longer forwarded line is cut.",
    )


@dataclass(frozen=True, config=CONFIG)
class Processor:
    client_format: PlainOrEmpty = setting(
        "",
        "Raw client-side lines have this format (docs/reference.md, Line formats); empty stands "
        "for the format of the year in schemas.compatibility.",
    )
    server_format: Plain = setting(
        "%{seqId}d EventLogging %j",
        "Raw server-side lines have this format (docs/reference.md, Line formats).",
    )
    judge: Annotated[str, one_of(*JUDGES)] = setting(
        "auto",
        "Plain lines are judged in Python or, with rust, by the compiled judge (docs/operating.md, "
        "Compiled judge); auto takes that if it is installed and its version fits.",
    )
    max_line_bytes: Whole = setting(
        1_000_000, "A raw line of more than this many bytes is refused without being parsed."
    )
    max_keys: Whole = setting(
        1_000, "An event has at most this many keys and array items; one with more is refused."
    )
    keep_user_agent: Plain = setting(
        "NavigationTiming,SaveTiming",
        "Records of these schemas, given with commas between them, carry in a header the user "
        "agent as the client sent it.",
    )
    stores: Stores = setting(
        DEFAULT_STORES,
        "These sinks run and keep events; an event that one of them cannot hold is refused.",
    )
    unresolved_seconds: Seconds = setting(
        60.0,
        "A line waits this many seconds while nobody can say whether its schema exists; then the "
        "line is refused.",
    )
    waiting_bytes: Whole = setting(
        64_000_000,
        "Lines that wait in a worker for news of their schema have at most this many bytes in "
        "all; of more lines the oldest are refused.",
    )
    error_raw_bytes: Whole = setting(
        8_192, "An EventError keeps at most this many bytes of the raw line."
    )
    error_message_chars: Whole = setting(
        1_024, "An EventError keeps at most this many characters of the message."
    )


@dataclass(frozen=True, config=CONFIG)
class Schemas:
    compatibility: Annotated[str, one_of(*COMPATIBILITIES)] = setting(
        "2018",
        "EventLogging's rules of this year hold for uuids, user agents, ids, strings and NULL.",
    )
    folder: Plain = setting(
        "schemas", "Schemas are read from this folder, from files <Name>/<revision>.json."
    )
    reload: Flag = setting(
        False,
        "If true, schemas.folder is read again when a file in it changes, within a second or two; "
        "a file that is no schema leaves the schema as it was for five seconds.",
    )
    wiki_url: UrlOrEmpty = setting(
        "",
        "Schemas that schemas.folder does not have are read from the schema wiki whose api.php "
        "has this address; if empty, no wiki is asked.",
    )
    wiki_timeout: Seconds = setting(
        5.0, "A look-up in the schema wiki is given up after this many seconds."
    )
    wiki_calls: Whole = setting(
        4, "At most this many look-ups in the schema wiki run at the same time."
    )
    wiki_rate: Seconds = setting(
        20.0, "At most this many look-ups a second are made in the schema wiki."
    )
    negative_ttl: FromZero = setting(
        60.0,
        "A schema that was found not to exist is looked for again when this many seconds have "
        "passed.",
    )


@dataclass(frozen=True, config=CONFIG)
class Forwarder:
    source: Plain = setting(
        "udp",
        "The forwarder reads UDP if this is udp, standard input if this is stdin or -, and "
        "otherwise the file that has this path.",
    )
    topic: Topic = setting(
        "eventlogging-server-side", "The forwarder sends its lines to this raw topic."
    )
    host: Machine = setting("127.0.0.1", "The forwarder receives UDP lines on this address.")
    port: Port = setting(8421, "The forwarder receives lines on this UDP port.")
    rate: FromZero = setting(
        0.0,
        "The forwarder sends at most this many lines a second; with 0 it sends as many as Kafka "
        "takes.",
    )
    follow: Flag = setting(
        False,
        "If true, the forwarder waits for more lines at the end of a file; otherwise it ends.",
    )
    spool: Plain = setting(
        "spool",
        "Lines that were read and are not in Kafka yet are kept in this folder, which is in the "
        "folder forwarder of workers.state.",
    )
    memory_bytes: Whole = setting(
        16_000_000,
        "While the disk of forwarder.spool is full, at most this many bytes of UDP lines are kept "
        "in memory; lines that come on top are lost.",
    )
    rotate_seconds: FromZero = setting(
        5.0,
        "A file that was rotated must have been quiet for this many seconds before the next file "
        "is read.",
    )
