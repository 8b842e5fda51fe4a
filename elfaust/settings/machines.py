"""Settings of the processes on a machine: workers, their web pages, the local servers."""

from __future__ import annotations

from typing import Annotated

from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    Plain,
    PlainOrEmpty,
    Port,
    Seconds,
    Word,
    one_of,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Web:
    host: Word = setting("127.0.0.1", "The web pages of workers listen on this address.")
    port: Port = setting(
        6066,
        "The web page of the throughput role listens on this TCP port; other roles and workers "
        "use the ports that follow.",
    )


@dataclass(frozen=True, config=CONFIG)
class Workers:
    state: PlainOrEmpty = setting(
        "",
        "Workers keep their state in this folder; if empty, in the folder workers of stack.dir.",
    )
    backoff_seconds: Seconds = setting(
        0.5,
        "A worker that died is started again after this many seconds, and after twice as many "
        "each time that it dies at once.",
    )
    backoff_max_seconds: Seconds = setting(
        30.0, "A worker that died is started again after at most this many seconds."
    )
    drain_seconds: Seconds = setting(
        20.0, "A worker that is stopped has this many seconds to write what it holds."
    )
    log_level: Annotated[str, one_of("debug", "info", "warning", "error", "critical")] = setting(
        "info", "Workers log messages of this level and of the levels above it."
    )


@dataclass(frozen=True, config=CONFIG)
class Stack:
    dir: Plain = setting(
        ".stack", "The local servers keep their data, logs and process ids in this folder."
    )
    kafka_controller_port: Port = setting(
        9093, "The KRaft controller of the local Kafka listens on this TCP port."
    )
    namenode_port: Port = setting(8020, "The local NameNode listens for RPC on this TCP port.")
    datanode_port: Port = setting(9866, "The local DataNode listens for data on this TCP port.")
    datanode_http_port: Port = setting(
        9864, "The local DataNode listens for HTTP on this TCP port."
    )
    datanode_ipc_port: Port = setting(9867, "The local DataNode listens for IPC on this TCP port.")
    start_timeout: Seconds = setting(
        120.0, "A local server that does not answer after this many seconds has failed to start."
    )
