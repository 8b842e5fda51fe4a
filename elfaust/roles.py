"""The roles, in one table: who reads what, and which of them are sinks.

Workers, lag, bench, status, account, audit, doctor and the commands read it. What it names is
imported when it is asked for, so that the table itself needs no room.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, NamedTuple

#: Topics that a role reads: raw lines, events of all schema revisions, those and errors, or none.
Reads = Literal["raw", "events", "events and errors", ""]


class Role(NamedTuple):
    """One kind of worker."""

    name: str
    reads: Reads
    #: `module:function` that registers the role with its worker.
    register: str
    #: `module:class` of a sink's store (elfaust/sinks/base.py, Store); "" for other roles.
    store: str = ""


#: In the order of their web ports: a new role goes to the end.
ROLES = {
    role.name: role
    for role in (
        Role("throughput", "events and errors", "elfaust.agents.throughput:register"),
        Role("processor", "raw", "elfaust.agents.processor:register"),
        Role(
            "mysql",
            "events",
            "elfaust.agents.sink:register",
            store="elfaust.sinks.mysql.store:MysqlStore",
        ),
        Role(
            "hdfs",
            "events",
            "elfaust.agents.sink:register",
            store="elfaust.sinks.parquet.store:ParquetStore",
        ),
        Role("forwarder", "", "elfaust.agents.forwarder:register"),
    )
}
#: Roles that read topics.
READERS = tuple(role.name for role in ROLES.values() if role.reads)
#: Roles that store events.
SINKS = tuple(role.name for role in ROLES.values() if role.store)


def load(path: str) -> Any:
    """Return what `module:name` stands for."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
