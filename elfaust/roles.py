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
    #: Why one worker is all that there may be on a machine, "" for as many as there are lanes.
    alone: str = ""
    #: Whether it runs only where settings say so.
    asked: bool = False
    #: Of a sink: the setting that says whether it stores EventErrors too, unless it is `off`.
    errors: str = ""


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
            errors="hdfs.errors",
        ),
        Role(
            "forwarder",
            "",
            "elfaust.agents.forwarder:register",
            alone="forwarder.source is read by one forwarder",
        ),
        Role(
            "lines",
            "events",
            "elfaust.agents.sink:register",
            store="elfaust.sinks.json_lines:JsonLinesStore",
        ),
        Role(
            "intake",
            "",
            "elfaust.agents.intake:register",
            alone="intake.port is that of one worker",
            asked=True,
        ),
        Role("view", "", "elfaust.agents.view:register", asked=True),
        Role(
            "hive",
            "",
            "elfaust.agents.hive:register",
            alone="one keeps the tables of hive.database",
            asked=True,
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


def running(
    stores: str, of: Collection[str] | None = None, asked: Collection[str] = ()
) -> tuple[str, ...]:
    """Return which roles of some run: all but the sinks that `processor.stores` does not name, and
    of those that have to be asked for the `asked` ones (Settings.asked).
    """
    named = {*stores.split(), *asked}
    roles = [ROLES[name] for name in of or ROLES]
    return tuple(r.name for r in roles if not (r.store or r.asked) or r.name in named)


def reads_errors(role: str, settings: Any) -> bool:
    """Return whether a role reads EventErrors, by the settings."""
    of = ROLES[role]
    section, _, name = of.errors.partition(".")
    stores = bool(name) and getattr(getattr(settings, section), name) != "off"
    return stores or of.reads == "events and errors"


def load(path: str) -> Any:
    """Return what `module:name` stands for."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
