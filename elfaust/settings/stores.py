"""Settings of where events and counts are kept: MySQL, Parquet on HDFS, the tables of counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    Folder,
    FolderOfHour,
    PlainOrEmpty,
    Port,
    Seconds,
    Secret,
    TableOfRevision,
    Urls,
    Whole,
    Word,
    one_of,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Mysql:
    host: Word = setting("127.0.0.1", "The MySQL server is on this host.")
    port: Port = setting(3306, "The MySQL server listens on this TCP port.")
    user: Word = setting("elfaust", "Workers log in to MySQL as this user.")
    password: Secret = setting("", "Workers log in to MySQL with this password.", secret=True)
    database: Word = setting("log", "The tables of events are in this MySQL database.")
    table: TableOfRevision = setting(
        "{schema}_{revision}",
        "Events of a schema revision go to this table; {schema} stands for the name of the schema "
        "and {revision} for its number.",
    )
    number: Annotated[str, one_of("FLOAT", "DOUBLE")] = setting(
        "FLOAT",
        "Columns of numbers have this type: FLOAT, as EventLogging has it, keeps 7 digits, DOUBLE "
        "keeps 15.",
    )
    flush_rows: Whole = setting(
        3_000, "The rows of one table are written to MySQL as soon as this many wait."
    )
    flush_bytes: Whole = setting(
        16_000_000,
        "The rows of one table are written to MySQL as soon as their events have this many bytes.",
    )
    flush_seconds: Seconds = setting(
        5.0, "A row waits at most this many seconds until it is written to MySQL."
    )
    insert_rows: Whole = setting(1_000, "One INSERT has at most this many rows.")
    timeout: Seconds = setting(
        30.0, "A connection attempt or a statement of MySQL is given up after this many seconds."
    )


@dataclass(frozen=True, config=CONFIG)
class Hdfs:
    storage: Annotated[str, one_of("webhdfs", "local")] = setting(
        "webhdfs",
        "Parquet files are written to HDFS if this is webhdfs, and to the worker's own disk if "
        "this is local.",
    )
    url: Urls = setting(
        "http://127.0.0.1:9870",
        "The NameNode answers WebHDFS at this address; with several NameNodes there is a ';' "
        "between their addresses.",
    )
    user: Word = setting("elfaust", "Workers use WebHDFS as this user.")
    root: Folder = setting("/wmf/data/event", "All Parquet files are below this folder.")
    path: FolderOfHour = setting(
        "{schema}_{revision}/year={year}/month={month}/day={day}/hour={hour}",
        "The Parquet files of a schema revision and an hour are in this folder below hdfs.root; "
        "{schema} stands for the name of the schema in lower case.",
    )
    first_year: Annotated[Whole, Field(le=9_999)] = setting(
        2012, "Events of years before this year go to the folder of the hour in which they came."
    )
    ahead_hours: Annotated[Whole, Field(le=1_000_000)] = setting(
        24,
        "Events whose time is more than this many hours ahead of their arrival go to the folder "
        "of the hour in which they came.",
    )
    flush_rows: Whole = setting(
        100_000, "The rows of a lane are written to Parquet as soon as this many wait."
    )
    flush_bytes: Whole = setting(
        64_000_000,
        "The rows of a lane are written to Parquet as soon as their events have this many bytes.",
    )
    flush_seconds: Seconds = setting(
        15.0, "A row waits at most this many seconds until it is written to Parquet."
    )
    writers: Whole = setting(
        8, "At most this many Parquet files are written at the same time by a worker."
    )
    errors: Annotated[str, one_of("masked", "bare", "off")] = setting(
        "masked",
        "EventErrors are written to Parquet, in the folder eventerror below hdfs.root, with their "
        "raw line if this is masked, clients' addresses and user agents masked in it, without it "
        "if this is bare, and not at all if this is off.",
    )
    timeout: Seconds = setting(30.0, "A WebHDFS request is given up after this many seconds.")


@dataclass(frozen=True, config=CONFIG)
class Lines:
    folder: PlainOrEmpty = setting(
        "",
        "The sink lines writes its files of JSON lines into this folder; if empty, into the folder "
        "lines of the folder of the workers' state.",
    )


@dataclass(frozen=True, config=CONFIG)
class Throughput:
    flush_seconds: Seconds = setting(
        1.0, "Counts wait at most this many seconds until they are written to their table in Kafka."
    )
    keep_minutes: Whole = setting(1_440, "Counts by the minute are kept for this many minutes.")
    keep_hours: Whole = setting(
        192,
        "Counts by the hour are kept for this many hours. What is usual is known from eight days, "
        "which are 192.",
    )
    show_minutes: Annotated[Whole, Field(le=1_440)] = setting(
        15, "The little charts of the start page show this many of the last minutes."
    )
