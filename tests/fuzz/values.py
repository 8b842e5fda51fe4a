"""Values compared with the oracle's: what was sent, what the judge said, what both stores hold."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

import pyarrow.parquet as pq

from elfaust.errors import EventFault, SchemaUnfit
from elfaust.processing import Verdict
from elfaust.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.ddl import create_table, table_name
from elfaust.sinks.parquet import ParquetWriter
from elfaust.storage import Storage
from elfaust.types import Record, SchemaKey
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
        for uuid, capsule in capsules.items():
            event = capsule["event"]
            for name, held in (("rows", rows.get(uuid)), ("files", files.get(uuid))):
                self._faults.promise(
                    name, held is not None, "an event that was taken is lost", event
                )
            if uuid in rows:
                self._faults.attempt("rows", self._row, schema, event, rows[uuid])
            if uuid in files:
                self._faults.attempt("files", self._file, schema, event, files[uuid])

    def _row(self, schema: Any, event: Any, held: Row) -> None:
        wanted = mysql_row(schema, event)
        got = {name: of for name, of in held.items() if name.startswith("event_")}
        self._same("rows", wanted, got, f"{schema} {event}")

    def _file(self, schema: Any, event: Any, held: Row) -> None:
        wanted = {"event": parquet_event(schema, event), "event_unnamed": None}
        if (left := unnamed(schema, event)) is not None:
            wanted["event_unnamed"] = Text(left)
        got = {name: held.get(name) for name in wanted}
        self._same("files", wanted, got, f"{schema} {event}")

    def _same(self, step: str, wanted: Row, got: Row, of: str) -> None:
        self._seen["compared"] = self._seen.get("compared", 0) + 1
        names = wanted.keys() == got.keys()
        self._faults.promise(step, names, "its columns are others", f"{[*got]} {[*wanted]} {of}")
        for name in wanted.keys() & got.keys():
            kept = is_held(wanted[name], got[name])
            what = "unnamed keys are" if name == "event_unnamed" else "a value is"
            shown = f"{name}: {wanted[name]!r:.150} is {got[name]!r:.150} of {of}"
            self._faults.promise(step, kept, f"{what} not what was sent", shown)

    def may_refuse(self, role: str, key: SchemaKey) -> bool:
        """Tell whether a sink may refuse what the judge took: `Edit` and `EDIT` share a folder."""
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
        """Tell whether each store can have a table of a schema's events."""
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
