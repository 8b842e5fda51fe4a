"""The tables of MySQL as an audit and an account read them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from elfaust.errors import SchemaUnfit
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.schema.validation.references import expanded
from elfaust.settings import Mysql
from elfaust.sinks.audit_finding import Finding
from elfaust.sinks.mysql.ddl import table_columns
from elfaust.sinks.mysql.reading.row import RowComparison
from elfaust.sinks.mysql.reading.tables import Table, Tables, TableUnreadable
from elfaust.sinks.reading import NoRows, RevisionReader, SentEvent, Stored, StoredRow


class MysqlReader:
    """Reads tables over one connection, as of when it was made."""

    def __init__(self, tables: Tables, mysql: Mysql) -> None:
        self._tables = tables
        self._mysql = mysql

    def begin(self, topics: Collection[str]) -> None:
        """Do nothing: tables are looked for by schema revision."""

    def revision(self, schema: Schema) -> RevisionReader:
        """Look for the table of a schema revision; raises ServerAway."""
        try:
            name = table_name(self._mysql.table, schema.key)
            columns = table_columns(schema, self._mysql.number)
        except SchemaUnfit:
            return NoRows()
        where = f"MySQL {schema.key.schema}_{schema.key.revision}"
        event = expanded(schema.event)
        comparison, table, fault = RowComparison(columns, event), None, ""
        try:
            table = self._tables.table(name, schema.key, comparison.columns)
        except TableUnreadable as error:
            fault = str(error)
        if table is not None:
            held = [of._replace(sql_type=table.types.get(of.name, of.sql_type)) for of in columns]
            comparison = RowComparison(held, event)
        return MysqlRevision(where, table, comparison, fault)

    def stored(self, keys: Collection[SchemaKey]) -> Mapping[SchemaKey, Stored]:
        """Return how many rows the tables of schema revisions have; raises ServerAway."""
        return {key: self._stored(key) for key in keys}

    def _stored(self, key: SchemaKey) -> Stored:
        try:
            return Stored(self._tables.count(table_name(self._mysql.table, key), key))
        except SchemaUnfit:
            # No table is made for a schema whose name is too long for one.
            return Stored()
        except TableUnreadable as error:
            # One table hides no other.
            return Stored(unreadable=str(error))

    def findings(self) -> Iterator[Finding]:
        """Yield none: what is wrong with a table is its schema revision's."""
        yield from ()

    def close(self) -> None:
        """Close the connection."""
        self._tables.close()


class MysqlRevision(NoRows):
    """The table of one schema revision."""

    def __init__(
        self, where: str, table: Table | None, comparison: RowComparison, fault: str
    ) -> None:
        """Take the place that findings name, and why the table cannot be read, if so."""
        self._where = where
        self._table = table
        self._fault = fault
        self._comparison = comparison

    def rows(
        self, topic: str, lane: int, events: Mapping[str, Sequence[SentEvent]]
    ) -> Mapping[str, Sequence[StoredRow]] | None:
        """Return the rows of events, None where the table cannot be read."""
        if self._fault:
            return None
        if self._table is None:
            return {}
        try:
            return self._table.rows(list(events))
        except TableUnreadable as error:
            self._fault = str(error)
            return None

    def differences(self, capsule: dict[str, Any], row: StoredRow) -> Iterator[str]:
        """Yield what a row says otherwise than its event."""
        return self._comparison.differences(capsule, row)

    def unknown(self, matched: int, is_known: Callable[[str], bool]) -> Collection[str]:
        """Return the uuids that no event has; the table is read whole if it has more rows."""
        if self._table is None or self._fault:
            return ()
        try:
            if self._table.count() <= matched:
                return ()
            return {uuid or "" for uuid in self._table.uuids() if not is_known(uuid or "")}
        except TableUnreadable as error:
            self._fault = str(error)
            return ()

    def findings(self) -> Iterator[Finding]:
        """Yield why the table cannot be read, if so."""
        if self._fault:
            yield Finding("unreadable", self._where, 1, self._fault)
