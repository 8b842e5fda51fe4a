"""What people ask of the same schemas and lines: validate, lint, ddl, diff, show."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from click.testing import CliRunner

from elfaust.commands import schema as schema_command
from elfaust.commands.validate import as_object, as_text
from elfaust.errors import ElfaustError, SchemaUnfit
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.parquet.table import ParquetWriter
from elfaust.view.judges import Asked, Judges
from tests.fuzz.cases import Case
from tests.fuzz.faults import Broken, Faults


def tools(settings: Settings, case: Case, faults: Faults) -> None:
    """Ask everything once."""
    lines = [r.value for kind, of in case.records.items() if "/" not in kind for r in of if r.value]
    for form in ("auto", "json"):
        faults.attempt("validate", _validate, settings, form, lines)
    keys = [path.removesuffix(".json").split("/") for path in case.schemas]
    questions = [["lint"], ["lint", "--json"]]
    for name, revision in keys:
        # After `--` a name may begin with a hyphen.
        questions += [[what, "--", name, revision] for what in ("show", "ddl")]
        questions += [["diff", "--", name, revision, other] for n, other in keys if n == name]
        faults.attempt("schema lint", _lint, settings, name, revision)
    for question in questions:
        faults.attempt(f"schema {question[0]}", _ask, settings, question)


def _validate(settings: Settings, form: str, lines: list[bytes]) -> None:
    for verdict in Judges(form, settings).judged(map(Asked, count(1), lines)):
        as_text(verdict).encode()
        shown = as_object(verdict)
        json.loads(shown.encode())


def _lint(settings: Settings, name: str, revision: str) -> None:
    """Lint a schema; it must name everything that keeps its events from a store."""
    code = _ask(settings, ["lint", "--", name, revision])
    schema = Registry(settings.schemas).get(SchemaKey(name, int(revision)))
    try:
        if schema is not None:
            create_table(table_name(settings.mysql.table, schema.key), schema)
            ParquetWriter(schema)
            return
    except SchemaUnfit as unfit:
        if not code:
            raise Broken("lint passes a schema whose events no store takes", str(unfit)) from unfit
    if not code:
        raise Broken("lint passes a schema by which nobody can judge")


def _ask(settings: Settings, question: list[str]) -> int:
    """Return the exit code of a question; raises what it must not raise."""
    result = CliRunner().invoke(schema_command.command, question, obj=settings)
    error: Any = result.exception
    if error is not None and not isinstance(error, SystemExit | ElfaustError):
        raise error
    if isinstance(error, SystemExit) and error.code not in (0, 1):
        raise Broken("a question is not understood", f"{question} {result.output:.300}")
    if "--json" in question and error is None:
        json.loads(result.stdout)
    return result.exit_code
