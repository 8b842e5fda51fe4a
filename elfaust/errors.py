"""What can go wrong, named by what it is.

The class of an error says what to do about it: whether the same call may succeed later, and with
which code a command ends that it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ElfaustError(Exception):
    """Root of elfaust's errors."""

    #: Whether the same call may succeed later without anybody's help.
    retriable: ClassVar[bool] = False
    #: With what `elfaust` exits (docs/reference.md, "Commands").
    exit_code: ClassVar[int] = 1


class EventFault(ElfaustError):
    """An event that cannot be stored as it is: its own fault, never the pipeline's.

    `code` is EventLogging's: `processor` (could not be read), `validation` (does not fit its
    schema) or `consumer` (a sink could not take it); `unresolved` is ours: nobody knew whether its
    schema exists, and a replay can bring it back. `schema` and `revision` are what the event
    names, whatever that is; `path` is the JSON path of the fault, `hint` a sentence on what to
    change. `message` has EventLogging's words, which are Python's; `cause` says it for people,
    where they differ.
    """

    def __init__(
        self,
        code: str,
        message: str,
        schema: Any = "unknown",
        revision: Any = -1,
        path: str = "",
        hint: str = "",
        cause: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.schema = schema
        self.revision = revision
        self.path = path
        self.hint = hint
        self.cause = cause or message


class Unforeseen(EventFault):
    """A record on which elfaust itself failed: `error` is what was raised. See boundary.py."""

    def __init__(self, error: Exception, code: str, schema: Any, revision: Any) -> None:
        hint = "This is elfaust's fault, not the event's: the worker's log has the traceback."
        super().__init__(code, f"elfaust failed on it: {error!r}", schema, revision, hint=hint)
        self.error = error


class ServerTrouble(ElfaustError):
    """A server that does not do what it was asked."""

    exit_code = 3

    def __init__(self, server: str, detail: str) -> None:
        super().__init__(f"{server} is not available: {detail}")
        self.server = server
        self.detail = detail


class ServerAway(ServerTrouble):
    """A server did not answer, or answered that it cannot serve now: it may be asked again."""

    retriable = True


class Unacknowledged(ServerTrouble):
    """Kafka did not acknowledge in time: what was sent may have arrived or not.

    Only a worker that starts again from its committed offsets may send it again.
    """


class TooLong(ElfaustError):
    """Records longer than their topics take, nothing of which was sent.

    `records` has them, each with the bytes that its value may have.
    """

    def __init__(self, records: Mapping[Any, int]) -> None:
        super().__init__(f"{len(records)} records are longer than max.message.bytes of their topic")
        self.records = records


class TopicRefuses(ElfaustError):
    """Topics that take no records now, while others do: somebody has to mend them.

    `records` has what is in none of them, each record with why; all others were published.
    """

    def __init__(self, records: Mapping[Any, str]) -> None:
        super().__init__(f"{len(records)} records were refused: {sorted(set(records.values()))}")
        self.records = records


class LaneLost(ElfaustError):
    """Another worker has taken over this lane; nothing more may be written for it."""

    def __init__(self, lane: int, detail: str) -> None:
        super().__init__(f"lane {lane} belongs to another worker now: {detail}")
        self.lane = lane
        self.detail = detail


class SchemaWaits(ElfaustError):
    """What keeps the events of one schema revision waiting; those of others go on."""

    retriable = True


class SchemaAway(SchemaWaits):
    """A schema that this machine does not have, and the schema wiki does not tell."""

    exit_code = 3

    def __init__(self, key: tuple[str, int], detail: str) -> None:
        super().__init__(f"schema {key[0]}, revision {key[1]} is not available: {detail}")
        self.key = key
        self.detail = detail


class TableTrouble(SchemaWaits):
    """A table that cannot be written; those of other schemas can.

    `detail` is what MySQL says of it, `cure` what somebody has to do, "" where waiting is enough.
    """

    #: What is wrong, in one word for a status line.
    state = "takes no rows"

    def __init__(self, table: str, detail: str, cure: str = "") -> None:
        end = f"; cure: {cure}" if cure else ""
        super().__init__(f"table {table} {self.state}, its events wait: {detail}{end}")
        self.table = table
        self.detail = detail
        self.cure = cure


class TableChanged(TableTrouble):
    """A table that is no longer what its schema made it: somebody has altered it."""

    state = "does not fit its schema"


class TableLocked(TableTrouble):
    """A table, or rows of it, that somebody else holds."""

    state = "is locked"


class FolderTrouble(SchemaWaits):
    """A folder that takes no Parquet files; those of other schemas do."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(
            f"folder {path} takes no files, its schema's events wait: {detail}; cure: move away "
            "what is in its place, or let hdfs.user write there"
        )
        self.path = path
        self.detail = detail


class CommitTorn(SchemaWaits):
    """A lane of Parquet files whose last commit file cannot be read."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(
            f"commit file {path} cannot be read, its lane waits: {detail}; docs/operating.md, "
            "A torn commit file, has the way out"
        )
        self.path = path
        self.detail = detail


class HiveRefuses(ElfaustError):
    """What Hive's metastore does not do for one table; it may for others, and later."""

    retriable = True

    def __init__(self, server: str, detail: str) -> None:
        super().__init__(f"{server} refuses: {detail}")
        self.server = server
        self.detail = detail


class CheckpointTorn(ElfaustError):
    """A forwarder's checkpoint that cannot be read."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(
            f"checkpoint {path} cannot be read: {detail}; cure: move it away, and all of the file "
            "that is forwarded is forwarded once more"
        )
        self.path = path
        self.detail = detail


class SettingsError(ElfaustError):
    """A setting that is unknown or does not fit its type."""

    exit_code = 2


class StackError(ElfaustError):
    """A local server that cannot be set up, started or stopped."""


class SchemaUnfit(ElfaustError):
    """A schema whose events a sink cannot store, whatever they hold; `hint` says what to change."""

    def __init__(self, key: tuple[str, int], detail: str, hint: str = "") -> None:
        super().__init__(f"schema {key[0]}, revision {key[1]}: {detail}")
        self.key = key
        self.detail = detail
        self.hint = hint
