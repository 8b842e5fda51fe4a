"""Settings of Hive: where its metastore and its HiveServer2 are, and what is kept there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    HiveName,
    MachineOrEmpty,
    Port,
    Seconds,
    Secret,
    ThriftOrEmpty,
    Whole,
    Word,
    one_of,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Hive:
    metastore: ThriftOrEmpty = setting(
        "",
        "The role hive keeps tables, views and partitions at the metastore with this address, as "
        "thrift://host:9083; if empty, it does not run.",
    )
    host: MachineOrEmpty = setting(
        "",
        "HiveServer2 on this host answers `elfaust query`; if empty, DuckDB answers from the same "
        "files.",
    )
    port: Port = setting(10000, "HiveServer2 listens on this TCP port.")
    auth: Annotated[str, one_of("NOSASL", "NONE", "LDAP")] = setting(
        "NOSASL", "Clients of HiveServer2 log in by this of its ways."
    )
    user: Word = setting("elfaust", "Queries of Hive are made as this user.")
    password: Secret = setting("", "The user's password, where hive.auth is LDAP.", secret=True)
    database: HiveName = setting(
        "event", "The tables and views of events are in this database of Hive."
    )
    seconds: Seconds = setting(
        5.0, "New folders of hours are looked for, and made partitions, every so many seconds."
    )
    partitions: Annotated[Whole, Field(le=10_000)] = setting(
        500, "One request to the metastore adds at most this many partitions."
    )
    timeout: Seconds = setting(
        30.0,
        "A connection to the metastore or to HiveServer2 that says nothing for this many seconds "
        "is given up.",
    )
