"""The roles, in one table: who reads what, and which of them are sinks.

Workers, lag, bench, status, account, audit, doctor and the commands read it. What it names is
imported when it is asked for, so that the table itself needs no room.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any, Literal, NamedTuple

#: Topics that a role reads: raw lines, events of all schema revisions, those and errors, or none.
Reads = Literal["raw", "events", "events and errors", ""]
#: On the way of the data.
ORDER: tuple[Reads, ...] = ("raw", "events", "events and errors", "")
#: The sinks that run unless `processor.stores` says otherwise.
DEFAULT_STORES = "mysql hdfs"


class Role(NamedTuple):
    """One kind of worker."""

    name: str
    reads: Reads
    #: `module:function` that registers the role with its worker.
    register: str
    #: `module:class` of a sink's store (elfaust/sinks/base.py, Store); "" for other roles.
    store: str = ""
    #: Bytes that one fetch brings of a lane, 0 for as many as are allowed; a record that is longer
    #: comes alone.
    fetch_bytes: int = 0


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
            # MySQL takes some MB a second: a row waits for all that was fetched with its event and
            # before it.
            fetch_bytes=512 * 1024,
        ),
        Role(
            "hdfs",
            "events",
            "elfaust.agents.sink:register",
            store="elfaust.sinks.parquet.store:ParquetStore",
        ),
        Role("forwarder", "", "elfaust.agents.forwarder:register"),
        Role(
            "lines",
            "events",
            "elfaust.agents.sink:register",
            store="elfaust.sinks.json_lines:JsonLinesStore",
        ),
    )
}
#: Roles that read topics, in the order of the data's way.
READERS = tuple(
    role.name for role in sorted(ROLES.values(), key=lambda r: ORDER.index(r.reads)) if role.reads
)
#: Roles that store events.
SINKS = tuple(role.name for role in ROLES.values() if role.store)


def picked(stores: str) -> tuple[str, ...]:
    """Return the sinks that `processor.stores` names, in the order of the table."""
    return tuple(name for name in running(stores) if ROLES[name].store)


def running(stores: str, of: Collection[str] | None = None) -> tuple[str, ...]:
    """Return which roles of some run: all but the sinks that `processor.stores` does not name."""
    named = stores.split()
    return tuple(name for name in of or ROLES if not ROLES[name].store or name in named)


def load(path: str) -> Any:
    """Return what `module:name` stands for."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
