"""What an audit reads of a store, and a reader for a store that gives all its rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from elfaust.records import Record, SchemaKey, Source
from elfaust.schema.lookup.registry import Schema
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.values import ABSENT, same_json

#: What a store has of an event, by the names of its columns; `uuid` is one of them.
StoredRow = dict[str, Any]


#: What rows that somebody has damaged raise, and files that cannot be read.
UNREADABLE = (ValueError, LookupError, TypeError, OSError)


class Stored(NamedTuple):
    """What a store has of one schema revision."""

    #: Rows.
    events: int = 0
    #: Rows whose uuid another row has.
    twice: int = 0
    #: Why nobody can say that.
    unreadable: str = ""


class SentEvent(NamedTuple):
    """One record of a topic: its event, and where the record comes from."""

    capsule: dict[str, Any]
    lane: int
    offset: int
    source: Source
    #: When the raw line came into Kafka, ms; negative where that is unknown.
    arrived: int = -1


class RevisionReader(Protocol):
    """What a store has of one schema revision; an audit asks for it lane by lane."""

    def rows(
        self, topic: str, lane: int, events: Mapping[str, Sequence[SentEvent]]
    ) -> Mapping[str, Sequence[StoredRow]] | None:
        """Return the rows of a lane's events by uuid, however many an event has.

        None where nobody can say what there is: `findings` has the reason, and nothing is taken for
        lost. Raises ServerAway.
        """

    def differences(self, capsule: dict[str, Any], row: StoredRow) -> Iterable[str]:
        """Return what a row says otherwise than its event: the column, and both values."""

    def unknown(self, matched: int, is_known: Callable[[str], bool]) -> Collection[str]:
        """Return the uuids of rows that no event has; called once all lanes were read.

        `matched` is how many rows the events have: a store that has no more need not look for them.
        `is_known` tells whether an event has a uuid. Raises ServerAway.
        """

    def findings(self) -> Iterable[Finding]:
        """Return what is wrong with what holds the rows; called after `unknown`."""

    def notes(self) -> Iterable[Finding]:
        """Return what people should know of the rows, and is nothing wrong."""


class Reader(Protocol):
    """What is in a store, as of when the reader was made."""

    def begin(self, topics: Collection[str]) -> None:
        """Take the topics that there are; called once, before anything else is."""

    def revision(self, schema: Schema) -> RevisionReader:
        """Return what there is of a schema revision, also where there can be nothing of it.

        One is asked for at a time, each once. Raises ServerAway.
        """

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return what is there of schema revisions, each of which was read; raises ServerAway."""

    def findings(self) -> Iterable[Finding]:
        """Return what is wrong with the store besides; called once all revisions were read."""

    def close(self) -> None:
        """Give up what it has opened."""


@runtime_checkable
class ErrorReader(Protocol):
    """What a reader is besides whose store has EventErrors, too."""

    def errors(
        self, topic: str, lane: int, records: Sequence[Record], acknowledged: int
    ) -> Iterable[Finding]:
        """Return what is wrong with what it has of a lane of EventErrors; raises ServerAway.

        What is not `acknowledged`, an offset, may not be there yet.
        """


class NoRows:
    """What a store has of a schema revision of which it can have no events."""

    def rows(
        self, topic: str, lane: int, events: Mapping[str, Sequence[SentEvent]]
    ) -> Mapping[str, Sequence[StoredRow]] | None:
        """Return none."""
        return {}

    def differences(self, capsule: dict[str, Any], row: StoredRow) -> Iterable[str]:
        """Return none: there is no row."""
        return ()

    def unknown(self, matched: int, is_known: Callable[[str], bool]) -> Collection[str]:
        """Return none."""
        return ()

    def findings(self) -> Iterable[Finding]:
        """Return none."""
        return ()

    def notes(self) -> Iterable[Finding]:
        """Return none."""
        return ()


class EventReader:
    """Reads a store whose rows are events as they were sent.

    `rows_of` returns all of a schema revision, each with its uuid; they are in memory while it is
    audited. Where it raises, the revision is unreadable, and the others are read.
    """

    def __init__(self, title: str, rows_of: Callable[[SchemaKey], Iterable[StoredRow]]) -> None:
        self._title = title
        self._rows_of = rows_of

    def begin(self, topics: Collection[str]) -> None:
        """Do nothing: rows are asked for by schema revision."""

    def revision(self, schema: Schema) -> RevisionReader:
        """Return the rows of a schema revision."""
        try:
            return _Events(self._title, self._rows_of(schema.key))
        except UNREADABLE as error:
            return _Unreadable(f"{self._title} {schema.key.schema}_{schema.key.revision}", error)

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return how many rows there are of schema revisions."""
        return {key: self._stored(key) for key in keys}

    def _stored(self, key: SchemaKey) -> Stored:
        try:
            return stored_of(row["uuid"] for row in self._rows_of(key))
        except UNREADABLE as error:
            return Stored(unreadable=_why(error))

    def findings(self) -> Iterable[Finding]:
        """Return none."""
        return ()

    def close(self) -> None:
        """Do nothing: nothing is open between two calls."""


class _Events(NoRows):
    def __init__(self, title: str, rows: Iterable[StoredRow]) -> None:
        self._title = title
        self._rows: defaultdict[str, list[StoredRow]] = defaultdict(list)
        for row in rows:
            if not isinstance(uuid := row["uuid"], str):
                raise TypeError(f"its uuid {uuid!r:.80} is no text")
            self._rows[uuid].append(row)

    def rows(
        self, topic: str, lane: int, events: Mapping[str, Sequence[SentEvent]]
    ) -> Mapping[str, Sequence[StoredRow]]:
        return {uuid: self._rows[uuid] for uuid in events if uuid in self._rows}

    def differences(self, capsule: dict[str, Any], row: StoredRow) -> Iterator[str]:
        for name in sorted({*capsule, *row}):
            sent, held = capsule.get(name, ABSENT), row.get(name, ABSENT)
            if not same_json(sent, held):
                yield f"{name}: topic {_shown(sent)}, {self._title} {_shown(held)}"

    def unknown(self, matched: int, is_known: Callable[[str], bool]) -> Collection[str]:
        return {uuid for uuid in self._rows if not is_known(uuid)}


class _Unreadable(NoRows):
    def __init__(self, where: str, error: Exception) -> None:
        self._finding = Finding("unreadable", where, 1, _why(error))

    def rows(
        self, topic: str, lane: int, events: Mapping[str, Sequence[SentEvent]]
    ) -> Mapping[str, Sequence[StoredRow]] | None:
        return None

    def findings(self) -> Iterable[Finding]:
        return (self._finding,)


def _why(error: Exception) -> str:
    # A KeyError says no more than the key.
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else f"{value!r:.80}"


def stored_of(uuids: Iterable[str]) -> Stored:
    """Return what there is where rows have these uuids; "" is a row without one."""
    rows, seen, twice = 0, set[str](), 0
    for uuid in uuids:
        rows += 1
        twice += uuid in seen
        if uuid:
            seen.add(uuid)
    return Stored(rows, twice)
