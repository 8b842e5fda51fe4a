"""elfaust hive: the tables and views that Hive has of the Parquet files."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import click

from elfaust.commands.completion import REVISION, SCHEMA
from elfaust.commands.options import json_option
from elfaust.commands.schema import find
from elfaust.errors import SettingsError
from elfaust.hive.ddl import create_database, create_table, create_view
from elfaust.hive.found import Difference
from elfaust.hive.report import Report
from elfaust.hive.status import Status, status_of
from elfaust.hive.sync import How, Sync
from elfaust.hive.wanted import Wanting
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.storage import open_storage


@click.group()
def command() -> None:
    """Make and keep Hive's tables, views and partitions of the Parquet files."""


@command.command()
@click.argument("name", type=SCHEMA, required=False)
@click.argument("revision", type=REVISION, required=False)
@click.pass_obj
def ddl(settings: Settings, name: str | None, revision: int | None) -> None:
    """Print the statements that make the tables and views of all schemas, or of one.

    With a revision it is that table alone. Asks no server; what has no table is told on stderr, and
    the exit code is 1.
    """
    registry = Registry.of_workers(settings)
    keys = set(registry.known())
    if name is not None:
        keys.add(SchemaKey(*find(settings, name, revision).key))
    wanted = Wanting(settings, registry, open_storage(settings.hdfs)).of_schemas(keys)
    database, chosen = settings.hive.database.lower(), 0
    if name is None:
        click.echo(f"{create_database(database)};\n")
    for path, table in wanted.tables.items():
        schema, number = table.properties["elfaust.schema"], table.properties["elfaust.revision"]
        if name in (None, schema) and revision in (None, int(number)):
            chosen += 1
            click.echo(f"-- {schema}, revision {number}: {path}")
            click.echo(f"{create_table(table, database)};\n")
    for view in wanted.views.values():
        if revision is None and name in (None, view.properties["elfaust.schema"]):
            click.echo(f"{create_view(view, database)};\n")
    told = wanted.told if name is None or not chosen else []
    _tell([*told, *(wanted.notes if name is None else ())], err=True)
    if told:
        raise SystemExit(1)


@command.command()
@click.option("--repair", is_flag=True, help="Drop partitions without a folder, too.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would be done.")
@click.option("--no-files", is_flag=True, help="Do not look into the files.")
@json_option
@click.pass_obj
def sync(settings: Settings, repair: bool, dry: bool, no_files: bool, as_json: bool) -> None:
    """Make the tables, views and partitions that are missing in Hive.

    Nothing that was altered by hand is overwritten, no file is touched. Exits 1 if something is
    told that somebody has to look at.
    """
    began = time.monotonic()
    keeper = _sync(settings)
    report = keeper.run(How(full=True, deep=repair, repair=repair, dry=dry))
    took = time.monotonic() - began
    files = [] if no_files else list(keeper.strange_files())
    told = [*report.told, *files]
    if as_json:
        click.echo(json.dumps(_as_object(report, told)))
    else:
        _show(report, dry)
        _tell(report.notes, "note")
        _tell(told)
        partitions = sum(report.partitions.values())
        click.echo(
            f"{len(report.partitions)} tables, {partitions} partitions, {took:.1f} s: "
            f"{f'{len(told)} TOLD' if told else 'ALL THERE'}"
        )
    raise SystemExit(1 if told else 0)


@command.command()
@click.option("--no-files", is_flag=True, help="Do not look into the files.")
@json_option
@click.pass_obj
def status(settings: Settings, no_files: bool, as_json: bool) -> None:
    """Compare Hive's tables, views and partitions with the schemas and the files.

    Exits 1 if something is missing or differs.
    """
    found = status_of(_sync(settings), files=not no_files)
    if as_json:
        click.echo(json.dumps(found.as_object()))
    else:
        _show_status(found)
    raise SystemExit(0 if found.is_complete else 1)


def _sync(settings: Settings) -> Sync:
    """Return what keeps the database; raises SettingsError where Hive is off."""
    if not settings.hive.metastore:
        raise SettingsError("hive.metastore is empty: set it to thrift://host:9083")
    return Sync(settings, Registry.of_workers(settings), open_storage(settings.hdfs))


def _as_object(report: Report, told: Sequence[Difference]) -> dict[str, Any]:
    return {
        "database": report.database,
        "tables": report.tables,
        "views": report.views,
        "columns": report.columns,
        "added": report.added,
        "dropped": report.dropped,
        "partitions": report.partitions,
        "told": [of._asdict() for of in told],
        "notes": [of._asdict() for of in report.notes],
    }


def _show(report: Report, dry: bool) -> None:
    would = "would be " if dry else ""
    if report.database:
        click.echo(f"database {would}made")
    for what, names in (("table", report.tables), ("view", report.views)):
        for name in names:
            click.echo(f"{what} {name} {would}made")
    for table in report.columns:
        click.echo(f"table {table}: columns {would}added")
    for did, counts in (("dropped", report.dropped), ("added", report.added)):
        for of, count in counts.items():
            click.echo(f"table {of}: {count} partitions {would}{did}")


def _show_status(found: Status) -> None:
    for table in found.tables:
        missing = f", {table.missing} missing" if table.missing else ""
        state = "" if table.is_there else ", not made"
        click.echo(f"{table.name}: {table.partitions} partitions{missing}{state}")
    for name in found.views_missing:
        click.echo(f"{name}: view not made, or of other revisions")
    _tell(found.notes, "note")
    _tell(found.told)
    all_missing = sum(of.missing for of in found.tables)
    click.echo(
        f"{len(found.tables)} tables, {sum(of.partitions for of in found.tables)} partitions, "
        f"{all_missing} missing: {'ALL THERE' if found.is_complete else 'DIFFERS'}"
    )


def _tell(told: Sequence[Difference], kind: str = "told", err: bool = False) -> None:
    for name, what, cure in told:
        click.echo(f"{kind} {name} {what}{f' -> {cure}' if cure else ''}", err=err)
