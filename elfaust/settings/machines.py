"""Settings of the processes on a machine: workers, their web pages, the local servers."""

from __future__ import annotations

from typing import Annotated

from pydantic.dataclasses import dataclass

from elfaust.settings.values import (
    CONFIG,
    Flag,
    Machine,
    MachinesOrEmpty,
    Plain,
    PlainOrEmpty,
    Port,
    Seconds,
    Secret,
    one_of,
    setting,
)


@dataclass(frozen=True, config=CONFIG)
class Web:
    host: Machine = setting("127.0.0.1", "The web pages of workers listen on this address.")
    port: Port = setting(
        6066,
        "The web page of the throughput role listens on this TCP port; other roles and workers "
        "use the ports that follow.",
    )
    view: Flag = setting(
        True,
        "If true, the role view runs: pages of events and errors for whoever instruments.",
    )
    names: MachinesOrEmpty = setting(
        "",
        "Names of this machine, a space between, to which workers' web pages answer beside "
        "localhost, its own name, web.host and any address; to others they answer 421, as a page "
        "of another site may have its own name lead here.",
    )
    api_token: Secret = setting(
        "",
        "Whoever has this token may ask /api/events and /api/reset of the view; if empty, nobody "
        "in profile beta, and everybody in profile dev.",
        secret=True,
    )

    @property
    def named(self) -> str:
        """The host as the address of a page has it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def at(self, port: int) -> str:
        """Return where a page with this port is, `host:port`."""
        return f"{self.named}:{port}"


@dataclass(frozen=True, config=CONFIG)
class Workers:
    state: PlainOrEmpty = setting(
        "",
        "Workers keep their state in this folder; if empty, in the folder workers of stack.dir, "
        "or in workers-beta if the profile is beta.",
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
class Log:
    format: Annotated[str, one_of("text", "json")] = setting(
        "text", "Workers log text, or one JSON object a line (docs/operating.md, Logs)."
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
    metastore_port: Port = setting(9083, "The local metastore of Hive listens on this TCP port.")
    graphite_port: Port = setting(8088, "The local graphite-web listens on this TCP port.")
    carbon_query_port: Port = setting(
        7002, "The local carbon-cache answers graphite-web on this TCP port."
    )
    statsd_admin_port: Port = setting(
        8126, "The local StatsD says on this TCP port whether it is up."
    )
    start_timeout: Seconds = setting(
        120.0, "A local server that does not answer after this many seconds has failed to start."
    )
