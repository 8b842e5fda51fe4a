"""elfaust schema: show schemas and their tables, find problems, compare revisions."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from elfaust.commands.completion import REVISION, SCHEMA
from elfaust.errors import ElfaustError, SchemaAway, SchemaUnfit
from elfaust.hive.lint import HiveReaders
from elfaust.names import TopicNames, readable_name, table_name
from elfaust.records import SchemaKey
from elfaust.schema.changes.revisions import Changing, compare
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lint import Diagnostic, lint
from elfaust.schema.lookup.folder import EXAMPLES, SchemaFolder
from elfaust.schema.lookup.parsing import MAX_SCHEMA_BYTES, parse_schema
from elfaust.schema.lookup.registry import Kind, Registry, Schema
from elfaust.schema.suggestions import suggest_schema
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.stores import every_store


@click.group()
def command() -> None:
    """Show schemas and their tables, find problems, compare revisions."""


@command.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Copy the example schemas into schemas.folder, which must not exist yet."""
    folder = Path(settings.schemas.folder)
    try:
        shutil.copytree(EXAMPLES, folder)
    except FileExistsError as error:
        raise ElfaustError(f"{folder} is there already, and stays as it is") from error
    click.echo(f"{folder}: {len(SchemaFolder(str(folder)).known())} schema revisions", err=True)


@command.command(name="list")
@click.argument("pattern", type=SCHEMA, default="*")
@click.option("--json", "as_json", is_flag=True, help="One JSON list for a program.")
@click.pass_obj
def list_command(settings: Settings, pattern: str, as_json: bool) -> None:
    """List schemas, all of them or those whose names match PATTERN: `edit` or `*timing`.

    Each revision has its topic, its table and its title or description. A pattern without a
    wildcard matches a part of a name. Exits 1 if there is none.
    """
    pattern = pattern if any(char in pattern for char in "*?[") else f"*{pattern}*"
    known = Registry(settings.schemas).known()
    found = [
        _listed(settings, key) for key in known if fnmatchcase(key.schema.lower(), pattern.lower())
    ]
    if as_json:
        click.echo(json.dumps(found))
    else:
        names = [f"{of['schema']} {of['revision']}" for of in found]
        width = max(map(len, names), default=0)
        for name, of in zip(names, found, strict=True):
            words = readable_name(f"{of['description']:.100}".rstrip())
            click.echo(f"{name:<{width}}  {of['topic']}  {of['table'] or '-'}  {words}".rstrip())
    if not found:
        raise SystemExit(1)


@command.command()
@click.argument("name", type=SCHEMA)
@click.argument("revision", type=REVISION, required=False)
@click.pass_obj
def show(settings: Settings, name: str, revision: int | None) -> None:
    """Print a schema as JSON, in its newest revision unless one is named."""
    schema = find(settings, name, revision)
    click.echo(f"{schema.key.schema} {schema.key.revision}", err=True)
    click.echo(json.dumps(schema.event, indent=2, ensure_ascii=False))


@command.command()
@click.argument("name", type=SCHEMA)
@click.argument("revision", type=REVISION)
@click.pass_obj
def ddl(settings: Settings, name: str, revision: int) -> None:
    """Print the CREATE TABLE of a schema revision."""
    schema = find(settings, name, revision)
    click.echo(
        create_table(table_name(settings.mysql.table, schema.key), schema, settings.mysql.number)
        + ";"
    )


@command.command(name="lint")
@click.argument("name", type=SCHEMA, required=False)
@click.argument("revision", type=REVISION, required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON list for a program.")
@click.pass_obj
def lint_command(settings: Settings, name: str | None, revision: int | None, as_json: bool) -> None:
    """Say what will cause trouble in all schemas, in those of NAME, or in a file.

    Exits 1 if events would be refused because of it.
    """
    known, stores = Registry(settings.schemas).known(), _readers(settings)
    found = [
        (SchemaKey(*schema.key), diagnostic)
        for schema in _chosen(settings, name, revision)
        for diagnostic in (
            # An invalid schema must not hide the others.
            lint(schema, known, stores)
            if isinstance(schema, Schema)
            else [Diagnostic("error", "$", schema.detail)]
        )
    ]
    if as_json:
        click.echo(json.dumps([_as_object(*item) for item in found]))
    else:
        for key, diagnostic in found:
            place = f"{key.schema} {key.revision} {diagnostic.path}"
            shown = f"{place}: {diagnostic.level}: {diagnostic.message}"
            click.echo(shown.encode("utf-8", "replace"))
    if any(diagnostic.level == "error" for _, diagnostic in found):
        raise SystemExit(1)


@command.command(name="diff")
@click.argument("name", type=SCHEMA)
@click.argument("old", type=REVISION)
@click.argument("new", type=REVISION)
@click.option("--json", "as_json", is_flag=True, help="One JSON list for a program.")
@click.pass_obj
def diff_command(settings: Settings, name: str, old: int, new: int, as_json: bool) -> None:
    """Say what has changed from revision OLD to revision NEW.

    Exits 1 if a change is breaking, or if it is one that only you can judge.
    """
    was, now = find(settings, name, old), find(settings, name, new)
    changes = compare(was, now, _readers(settings))
    if as_json:
        click.echo(json.dumps([change._asdict() for change in changes]))
    else:
        for change in changes:
            click.echo(f"{change.path}: {change.kind}: {change.message}")
    if any(change.breaking for change in changes):
        raise SystemExit(1)


def find(settings: Settings, name: str, revision: int | None = None) -> Schema:
    """Return a schema of the folder or the wiki, in its newest revision unless one is named.

    Raises SchemaUnfit, with the nearest name, for a schema that does not exist, and SchemaAway if
    nobody says whether it does.
    """
    registry = Registry(settings.schemas)
    known = registry.known()
    revisions = [key.revision for key in known if key.schema == name]
    if revision is None and not revisions:
        near = suggest_schema(SchemaKey(name, 0), known)
        raise ElfaustError(f"schema {name or repr(name)}: {near or 'no schema has such a name'}")
    key = SchemaKey(name, revision if revision is not None else max(revisions))
    asyncio.run(registry.resolve([key]))
    state = registry.state(key)
    if state.schema is not None:
        return state.schema
    unknown = SchemaAway if state.kind is Kind.ASKING else SchemaUnfit
    if key in known:
        raise unknown(key, state.reason)
    hint = suggest_schema(key, known) or "no schema has such a name"
    raise unknown(key, f"{state.reason}; {hint}")


def _readers(settings: Settings) -> list[Changing]:
    """Return all that makes something of schemas."""
    return [*every_store(settings).values(), HiveReaders(settings)]


def _listed(settings: Settings, key: SchemaKey) -> dict[str, Any]:
    """Return what `list` has of a revision; of an unfit one, why it is unfit as its description."""
    try:
        table = table_name(settings.mysql.table, key)
    except SchemaUnfit:
        table = ""
    file = SchemaFolder(settings.schemas.folder).path / key.schema / f"{key.revision}.json"
    schema = _of_file(settings, key, file)
    words = schema.event if isinstance(schema, Schema) else {"description": schema.detail}
    description = words.get("title") or words.get("description") or ""
    return {
        **key._asdict(),
        "topic": TopicNames(settings).event(key),
        "table": table,
        "description": " ".join(str(description).split()),
    }


def _chosen(
    settings: Settings, name: str | None, revision: int | None
) -> Iterator[Schema | SchemaUnfit]:
    """Yield the chosen schemas, unfit ones too: lint says what is wrong with them."""
    file = Path(name or "")
    if name and file.exists() and not file.is_dir():
        number = int(file.stem) if file.stem.isdigit() else 1
        key = SchemaKey(file.parent.name if file.stem.isdigit() else file.stem, number)
        schema = _of_file(settings, key, file)
        if isinstance(schema, SchemaUnfit):
            raise ElfaustError(f"{file}: {schema.detail}")
        yield schema
        return
    folder = SchemaFolder(settings.schemas.folder)
    keys = [
        key
        for key in folder.known()
        if name in (None, key.schema) and revision in (None, key.revision)
    ]
    if name and not keys and file.is_dir():
        raise ElfaustError(f"{name} is a folder: name a file in it, or set schemas.folder to it")
    if name is not None and not keys:
        yield find(settings, name, revision)
    for key in keys:
        yield _of_file(settings, key, folder.path / key.schema / f"{key.revision}.json")


def _of_file(settings: Settings, key: SchemaKey, file: Path) -> Schema | SchemaUnfit:
    try:
        with file.open("rb") as opened:
            event = parse_schema(opened.read(MAX_SCHEMA_BYTES + 1))
    except (OSError, ValueError, RecursionError) as error:
        return SchemaUnfit(key, str(error))
    return Schema(key, event, DIALECTS[settings.schemas.compatibility])


def _as_object(key: SchemaKey, diagnostic: Diagnostic) -> dict[str, Any]:
    return {"schema": key.schema, "revision": key.revision, **diagnostic._asdict()}
