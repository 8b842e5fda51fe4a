"""Values compared with the oracle's: what was sent, what the judge said, what both stores hold."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

import pyarrow.parquet as pq

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.events.verdict import Verdict
from elfaust.names import table_name
from elfaust.records import Record, SchemaKey
from elfaust.schema.columns import columns_of
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.schema.validation.references import expanded
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.mysql.reading.row import RowComparison
from elfaust.sinks.parquet.reading.row import FileRowComparison
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.sinks.parquet.types import event_shape
from elfaust.storage import Storage
from tests.fuzz.cases import Case
from tests.fuzz.faults import Faults
from tests.oracle.refusals import Rules, refusals
from tests.oracle.stores import mysql_row, parquet_event, unnamed
from tests.oracle.values import Text, exact, is_held

#: What a line or a schema raises that is none.
STRANGE = (ValueError, RecursionError, LookupError)
Row = Mapping[str, Any]


class Values:
    """The oracle's view of one case."""

    def __init__(
        self, case: Case, settings: Settings, faults: Faults, seen: dict[str, int]
    ) -> None:
        self._case = case
        self._settings = settings
        self._faults = faults
        self._seen = seen
        self._rules = Rules(case.year)
        self._registry = Registry(settings.schemas)
        self._fit: dict[SchemaKey, bool] = {}

    def judged(self, record: Record, verdict: Verdict) -> None:
        """Hold a verdict to the oracle: what it takes can be stored, what it refuses cannot."""
        if not verdict.code:
            event = exact(verdict.value)["event"]
            self._promise_taken(verdict.key, event)
        elif verdict.fault is not None and verdict.code == "consumer":
            self._promise_refused(record, verdict.fault)

    def _promise_taken(self, key: SchemaKey, event: Any) -> None:
        fits = self._fits(key)
        self._faults.promise("judge", fits, "it takes an event that no store has a table for", key)
        schema = self._schema(key)
        if not fits or schema is None:
            return
        found = refusals(schema, event, self._rules)
        why = f"it takes {found[0].why}" if found else ""
        self._faults.promise("judge", not found, why, f"{found[:1]} {schema} {event}")

    def _promise_refused(self, record: Record, fault: EventFault) -> None:
        if not fault.path.startswith(("$.event.", "$.event[")):
            # Of the capsule, or of the schema: then it takes none.
            if not fault.path:
                key = SchemaKey(str(fault.schema), int(fault.revision))
                self._faults.promise(
                    "judge", not self._fits(key), "a refusal names no path", fault.message
                )
            return
        schema = self._schema(SchemaKey(str(fault.schema), int(fault.revision)))
        event = None
        with suppress(*STRANGE):
            event = sent_event(record.value)
        if schema is None or event is None:
            return
        self._seen["refused by both"] = self._seen.get("refused by both", 0) + 1
        found = refusals(schema, event, self._rules)
        self._faults.promise(
            "judge",
            any(refusal.is_at(fault.path) for refusal in found),
            "it refuses what each store can hold",
            f"{fault.message} at {fault.path}, not {found} of {schema} {event}",
        )

    def stored(self, key: SchemaKey, capsules: Mapping[str, Any], rows: Any, files: Any) -> None:
        """Hold the rows of judged events, by uuid, to the oracle."""
        schema = self._schema(key)
        if schema is None or not self._fits(key):
            return
        reading = self._faults.attempt("audit", _readings, self._registry.find(key))
        for uuid, capsule in capsules.items():
            for step, held, wanted in (
                ("rows", rows.get(uuid), _in_mysql),
                ("files", files.get(uuid), _in_parquet),
            ):
                lost = "an event that was taken is lost"
                if held is None and step == "files" and self.may_refuse("hdfs", key):
                    continue
                self._faults.promise(step, held is not None, lost, capsule["event"])
                if held is None or reading is None:
                    continue
                found = self._faults.attempt(step, wanted, schema, capsule["event"], held)
                self._same(step, found or [], f"{schema} {capsule['event']}")
                audited = self._faults.attempt("audit", list, reading[step](capsule, held))
                agrees = found is None or audited is None or bool(found) == bool(audited)
                detail = f"{audited} but {found} of {schema} {capsule['event']}"
                self._faults.promise("audit", agrees, f"it says otherwise of {step}", detail)

    def _same(self, step: str, found: list[str], of: str) -> None:
        self._seen["compared"] = self._seen.get("compared", 0) + 1
        for what in found:
            self._faults.promise(step, False, "a store has not what was sent", f"{what} of {of}")

    def may_refuse(self, role: str, key: SchemaKey) -> bool:
        """Return whether a sink may refuse what the judge took: Edit and EDIT share a folder."""
        names = {path.partition("/")[0] for path in self._case.schemas} - {key.schema}
        return role == "hdfs" and key.schema.lower() in {name.lower() for name in names}

    def _schema(self, key: SchemaKey) -> Any:
        """Return a schema as it was written, None for what is none."""
        try:
            found = exact(self._case.schemas[f"{key.schema}/{key.revision}.json"])
        except STRANGE:
            return None
        return found if isinstance(found, dict) else None

    def _fits(self, key: SchemaKey) -> bool:
        """Return whether each store can have a table of a schema's events."""
        if key not in self._fit:
            schema = self._registry.find(key)
            try:
                create_table(table_name(self._settings.mysql.table, key), schema)
                ParquetWriter(schema)
                self._fit[key] = True
            except SchemaUnfit:
                self._fit[key] = False
        return self._fit[key]


def sent_event(line: bytes) -> Any:
    """Return the event of a raw line of either kind; raises one of STRANGE for what has none."""
    if line.startswith(b"?"):
        query = line.partition(b"\t")[0].strip(b"?;").replace(b"+", b" ")
        return exact(unquote_to_bytes(query))["event"]
    return exact(line.split(b" ", 2)[2])["event"]


def parquet_rows(storage: Storage, folder: str, schema: str) -> dict[str, Row]:
    """Return the rows of a schema's events below a folder, by uuid."""
    files: Sequence[str] = [path for path in storage.walk(folder) if path.endswith(".parquet")]
    tables = [pq.read_table(io.BytesIO(storage.read(path))) for path in files]
    rows = [row for table in tables for row in table.to_pylist()]
    return {row["uuid"]: row for row in rows if row["schema"] == schema}


def _in_mysql(schema: Any, event: Any, held: Row) -> list[str]:
    got = {name: of for name, of in held.items() if name.startswith("event_")}
    return _differences(mysql_row(schema, event), got)


def _in_parquet(schema: Any, event: Any, held: Row) -> list[str]:
    left = unnamed(schema, event)
    wanted = {
        "event": parquet_event(schema, event),
        "event_unnamed": None if left is None else Text(left),
    }
    return _differences(wanted, {name: held.get(name) for name in wanted})


def _differences(wanted: Row, got: Row) -> list[str]:
    """Return what differs between what is wanted and what is held, column by column."""
    found = [f"column {name} is in one alone" for name in wanted.keys() ^ got.keys()]
    return found + [
        f"{name}: {wanted[name]!r:.200} is {got[name]!r:.200}"
        for name in wanted.keys() & got.keys()
        if not is_held(wanted[name], got[name])
    ]


def _readings(schema: Schema) -> dict[str, Any]:
    """Return how elfaust's audit compares a capsule with what each step has stored of it."""
    event = expanded(schema.event)
    columns = columns_of(schema.key, schema.event, schema.dialect)
    kind = event_shape(schema.key, schema.event).type
    return {
        "rows": RowComparison(columns, event).differences,
        "files": FileRowComparison(kind, event).differences,
    }
