"""What a sink is: what its worker calls, and what the other rooms ask of its store.

docs/extending.md has a whole one, and elfaust/testing/ the contract that each of them keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from elfaust.checks import Subject
from elfaust.errors import EventFault
from elfaust.events.storable import EventLimits
from elfaust.records import Record, SchemaKey
from elfaust.schema.changes.change import Change
from elfaust.schema.lint import Diagnostic
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.reading import Reader, Stored


class Rejected(NamedTuple):
    """A record that a sink cannot store, and why."""

    record: Record
    fault: EventFault


#: Makes EventErrors of rejected records; they are durable when it returns. Call it from the thread
#: in which `write` was called.
Reject = Callable[[Sequence[Rejected]], None]


class Events(NamedTuple):
    """Events of one schema revision from one lane of its topic, in their order; at least one."""

    key: SchemaKey
    topic: str
    lane: int
    records: Sequence[Record]


class Limits(NamedTuple):
    """How much is written at once, and how much may wait in the worker's memory."""

    #: A group that is as large is written.
    flush: Bounds
    #: A group that is as old is written, seconds.
    flush_seconds: float
    #: Above it the worker takes no more batches.
    pending: Bounds


class Sink(Protocol):
    """Writes events; its worker buffers them, and acknowledges what `write` has returned from."""

    #: What it writes to, as messages call it: "MySQL 127.0.0.1:3306".
    server: str
    limits: Limits

    def ping(self) -> None:
        """Raise whatever it likes while the server does not answer.

        Called in a thread when the worker starts, again and again until it returns.
        """

    def group_of(self, topic: str, lane: int) -> Hashable:
        """Return what is written together: batches of one group come to one `write`.

        Called in the worker's loop with each batch: it must not block.
        """

    def write(self, events: Sequence[Events], reject: Reject) -> None:
        """Store the events of one group; durable on return.

        Called in the sink's one thread, never twice at a time. The same records may come again,
        after a restart or a failure, and are stored once. Those that cannot be stored are given to
        `reject`, before whatever keeps them from coming again. Raises ServerAway when the server
        does not serve, SchemaWaits when only this group has to wait (both are tried again with the
        same events), LaneLost when another worker has taken over; any other error ends the worker.
        """

    def on_revoked(self) -> None:
        """Forget what is known of lanes: they are moving, and no `write` is running."""


class Store(Protocol):
    """What the other rooms ask of a sink's store, without a worker; made of the settings alone.

    What has a body here is inherited by a store that has nothing to say of it.
    """

    #: What people call it: "MySQL", "Parquet".
    title: str
    #: Whether an event that came in two records is one row; otherwise it is two.
    once: bool

    def sink(self) -> Sink:
        """Return what a worker writes with."""

    def isolated(self, name: str) -> Settings:
        """Return the settings with a store for a trial: of its own, by the trial's name."""

    def prepare(self) -> None:
        """Make what workers expect to be there, a database say, for a trial."""
        return

    def remove(self) -> None:
        """Remove all that is stored: a trial's, never anybody else's."""

    def checks(self) -> Subject:
        """Return what doctor examines: could a worker write there, and what would it find."""

    def limits(self, schema: Schema) -> EventLimits:
        """Return what the store cannot hold of a schema revision's events, by place.

        Asked once of a schema, by the judge and by `elfaust validate`: what is here is refused
        before it is an event. Empty where every event can be stored. Raises SchemaUnfit where none
        can: all of them are refused.
        """
        return {}

    def lint(self, schema: Schema, others: Collection[SchemaKey]) -> Iterable[Diagnostic]:
        """Return what will hurt of a schema that is to be published; `others` exist beside it."""
        return ()

    def changes(self, old: Schema, new: Schema) -> Iterable[Change]:
        """Return what the store's readers had by one revision, and have by another no more."""
        return ()

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return what is there of schema revisions, for the account.

        Raises ServerAway when the server does not answer.
        """

    def read(self) -> Reader:
        """Return what reads all that is there, for the audit; whoever asks closes it.

        Raises ServerAway when the server does not answer.
        """
