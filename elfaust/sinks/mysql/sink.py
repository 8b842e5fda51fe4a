"""MySQL: one uniform batch per table, exact under repeats, a bad row alone refused.

`ON DUPLICATE KEY UPDATE uuid = uuid` forgives a repeated event and nothing else; INSERT IGNORE
would cut values silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from time import monotonic
from typing import Any

import MySQLdb
import orjson

from elfaust.boundary import check_batch, unforeseen
from elfaust.errors import EventFault, SchemaUnfit, SchemaWaits, ServerAway, TableTrouble
from elfaust.metrics.table import SINK_ROWS
from elfaust.metrics.values import count_of
from elfaust.names import table_name
from elfaust.records import Record, SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.schema.shape import shape_of
from elfaust.settings import Settings
from elfaust.sinks.base import Events, Limits, Reject, Rejected
from elfaust.sinks.bounds import Bounds
from elfaust.sinks.mysql.connection import (
    LOOK,
    connect,
    largest_event,
    server_name,
    translating_errors,
)
from elfaust.sinks.mysql.ddl import (
    create_table,
    making,
    owner,
    owner_of,
    quoted,
    table_columns,
)
from elfaust.sinks.mysql.drift import add_missing
from elfaust.sinks.mysql.inserting import Insertion, Table
from elfaust.sinks.mysql.rows import Row
from elfaust.sinks.mysql.unnamed import tell_unnamed
from elfaust.words.hints import OTHERS_PLACE

STATEMENT_BYTES = 8 * 1024 * 1024
#: Longest wait for a server that is asked whether it is there, seconds.
ASK_SECONDS = 5.0
SLOW = "SHOW PROCESSLIST and SHOW TRIGGERS say what its INSERT waits for"


class MysqlSink:
    """Writes events to the tables of their schema revisions over one connection."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._mysql = mysql = settings.mysql
        self.server = server_name(mysql)
        self.limits = Limits(
            flush=Bounds(mysql.flush_rows, mysql.flush_bytes),
            flush_seconds=mysql.flush_seconds,
            pending=Bounds(20 * mysql.flush_rows, 4 * mysql.flush_bytes),
        )
        self._registry = registry
        self._connection: Any = None
        self._largest = 0
        self._tables: dict[SchemaKey, Table] = {}
        #: Lanes whose batches of a schema do not come again: their rows are not looked up.
        self._fresh: dict[SchemaKey, set[int]] = {}
        self._every_lane = set(range(settings.topics.lanes))

    def ping(self) -> None:
        """Raise MySQLdb.Error when the server does not answer."""
        connect(self._mysql).close()

    def group_of(self, topic: str, lane: int) -> str:
        """Return the topic: the rows of a table are written together, whatever their lane."""
        return topic

    def on_revoked(self) -> None:
        """Have each lane's first batches looked up again."""
        self._fresh.clear()

    def write(self, events: Sequence[Events], reject: Reject) -> None:
        """Store events of one schema revision, all in one transaction.

        Until a lane has brought a batch of which no row was there, rows are looked up first:
        `ON DUPLICATE KEY` uses up a number of `id` for each row that is there already. What is
        rejected is reported after the commit: it comes again until the worker acknowledges it.
        Raises ServerAway and SchemaWaits as Sink says, nothing is stored then.
        """
        for changed in self._registry.reload.look(at_once=True):
            self._tables.pop(changed, None)
        key, lanes = events[0].key, {part.lane for part in events}
        records = [record for part in events for record in part.records]
        # Put back when it is known that nothing of this comes again.
        fresh = self._fresh.pop(key, set())
        rejected, shown = self._store(key, records, lanes, fresh)
        if rejected:
            reject(rejected)
        if shown is not None:
            self._fresh[key] = shown

    def _store(
        self, key: SchemaKey, records: Sequence[Record], lanes: set[int], fresh: set[int]
    ) -> tuple[list[Rejected], set[int] | None]:
        """Return what cannot be stored, and the lanes that are fresh now; None where any repeat."""
        began = monotonic()
        try:
            self._connect()
            table = self._tables.get(key) or self._open(key)
            rows, refused = self._made(table, key, records)
            if not fresh.issuperset(lanes) and self._is_empty(table):
                # What no table has no lane can bring again.
                fresh = self._every_lane
            insertion = self._insert(table, key, rows, fresh.issuperset(lanes))
            refused += insertion.refused
            self._check(insertion, refused, len(records))
            with translating_errors(table.name):
                self._connection.commit()
            count_of(SINK_ROWS, insertion.stored, key, "mysql")
            tell_unnamed(key, table.maker)
        except SchemaUnfit as unfit:
            fault = EventFault("consumer", unfit.detail, *key, hint=unfit.hint)
            return [Rejected(record, fault) for record in records], None
        except SchemaWaits as waits:
            # A table that is gone is made again by the next try.
            explained = self._explained(self._tables.pop(key, None), waits)
            self._disconnect()
            raise explained from waits.__cause__
        except MySQLdb.Error as error:
            raise self._away(key, monotonic() - began, error) from error
        if insertion.repeats:
            return refused, None
        return refused, fresh.union(lanes if len(refused) < len(records) else ())

    def _connect(self) -> None:
        if self._connection is None:
            self._connection = connect(self._mysql)
            self._largest = largest_event(self._connection)

    def _disconnect(self) -> None:
        # ROLLBACK might fail as well.
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(MySQLdb.Error):
                connection.close()

    def _away(self, key: SchemaKey, took: float, error: MySQLdb.Error) -> ServerAway | TableTrouble:
        """Return the error as the server's, or as that of a table which was too slow."""
        asked = self._connection.thread_id() if self._connection else 0
        self._disconnect()
        seconds = self._mysql.timeout
        if took >= seconds and self._answers(asked):
            name = table_name(self._mysql.table, key)
            return TableTrouble(name, f"nothing within {seconds} s: {error}", SLOW)
        return ServerAway(self.server, str(error))

    def _answers(self, asked: int) -> bool:
        """Tell whether the server answers others than who has `asked`; end what that has asked."""
        try:
            mysql = replace(self._mysql, timeout=min(ASK_SECONDS, self._mysql.timeout))
            with closing(connect(mysql)) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                with suppress(MySQLdb.Error):
                    # It would go on, and so would each further try.
                    cursor.execute(f"KILL {asked}")
        except MySQLdb.Error:
            return False
        return True

    def _open(self, key: SchemaKey) -> Table:
        """Return the table of a schema revision, made if there is none, once it is as it must be.

        Raises SchemaUnfit where there can be none, TableTrouble where there is one that does not
        fit.
        """
        schema = self._registry.find(key)
        name, number = table_name(self._mysql.table, key), self._mysql.number
        columns = table_columns(schema, number)
        with making(key):
            table = Table(name, columns, shape_of(schema.event))
        with translating_errors(name), self._connection.cursor() as cursor:
            cursor.execute("SET sql_notes = 0")
            cursor.execute(create_table(name, schema, number))
            if self._registry.reload.on:
                add_missing(cursor, name, columns)
            whose = owner_of(cursor, name)
        if whose and whose != owner(key):
            detail = f"table {name} is that of schema {whose}, not of {owner(key)}"
            raise SchemaUnfit(key, detail, OTHERS_PLACE)
        with self._connection.cursor() as cursor:
            # Before the first row: one that is refused, try after try, uses up a number of `id`.
            table.watch.look(cursor)
        return self._tables.setdefault(key, table)

    def _made(
        self, table: Table, key: SchemaKey, records: Sequence[Record]
    ) -> tuple[list[tuple[Record, Row]], list[Rejected]]:
        rows, refused = [], list[Rejected]()
        # Those of a try before were not stored.
        table.maker.unnamed = 0
        for record in records:
            try:
                if len(record.value) > self._largest:
                    raise ValueError(f"{len(record.value)} bytes pass half of max_allowed_packet")
                rows.append((record, table.maker.row(record.value)))
            except ValueError as error:
                fault = table.fault(key, _uuid(record), error, table.named_by(error))
                refused.append(Rejected(record, fault))
            except Exception as error:
                refused.append(Rejected(record, unforeseen(error, "consumer", *key)))
        return rows, refused

    def _is_empty(self, table: Table) -> bool:
        with translating_errors(table.name), self._connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {quoted(table.name)} LIMIT 1")
            return not cursor.fetchall()

    def _insert(
        self, table: Table, key: SchemaKey, rows: Sequence[tuple[Record, Row]], fresh: bool
    ) -> Insertion:
        size = min(STATEMENT_BYTES, self._largest)
        insertion = Insertion(self._connection, table, key, self._mysql.insert_rows, size)
        insertion.insert(rows if fresh else insertion.missing(rows))
        return insertion

    def _check(self, insertion: Insertion, refused: list[Rejected], count: int) -> None:
        """End the worker where not the records of a write are at fault but what handles them."""
        if refused:
            stored = [None] * (count - len(refused))
            faults = [*(fault for _, fault in refused), *stored]
            check_batch(faults, insertion.try_known_good)

    def _explained(self, table: Table | None, waits: SchemaWaits) -> SchemaWaits:
        """Return why a table waits, with what it shows itself where MySQL gives no cure."""
        if table is not None and isinstance(waits, TableTrouble) and waits.cure == LOOK:
            with suppress(MySQLdb.Error, TableTrouble), self._connection.cursor() as cursor:
                return table.watch.explained(cursor, waits)
        return waits


def _uuid(record: Record) -> str:
    try:
        return str(orjson.loads(record.value)["uuid"])
    except (ValueError, KeyError, TypeError):
        return "without uuid"
