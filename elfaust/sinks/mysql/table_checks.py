"""Checks of MySQL's tables: each against the schema that it was made of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from elfaust.checks import ANSWER_SECONDS, Check
from elfaust.errors import SchemaUnfit
from elfaust.names import table_name
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings
from elfaust.sinks.mysql.ddl import OWN, owner, owner_of, table_columns
from elfaust.sinks.mysql.hazards import Hazard, examine

OWNERS = "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE()"


def check_tables(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Yield a check for each table that is not as its schema makes it, then for all of them.

    The schemas are those of the folder, and those that tables name, from the schema wiki.
    """
    wait = min(settings.schemas.wiki_timeout, ANSWER_SECONDS)
    registry = Registry(replace(settings.schemas, wiki_timeout=wait))
    cursor.execute(OWNERS)
    named = [OWN.fullmatch(comment) for (comment,) in cursor.fetchall()]
    made = {SchemaKey(match[1], int(match[2])) for match in named if match}
    keys = sorted(made.union(registry.known()))
    asyncio.run(registry.resolve(keys))
    there, bad = 0, 0
    for key in keys:
        try:
            found = _table(settings, cursor, registry, key)
        except SchemaUnfit:
            # It never has a table; `elfaust schema lint` says why.
            continue
        there += found is not None
        bad += bool(found)
        yield from found or ()
    detail = f"{there} of {len(keys)} known schemas have one"
    yield Check("MySQL tables", "ok", f"{detail}, {bad} named above" if bad else detail)


def _table(
    settings: Settings, cursor: Any, registry: Registry, key: SchemaKey
) -> list[Check] | None:
    """Return a check for each thing that is wrong with a table, None if there is no table.

    Raises SchemaUnfit for a schema that can have none.
    """
    table = table_name(settings.mysql.table, key)
    whose = owner_of(cursor, table)
    if whose is None:
        return None
    name, state = f"table {table}", registry.state(key)
    if whose not in ("", owner(key)):
        cure = "publish one of the two schemas under another name"
        return [Check(name, "warn", f"is that of schema {whose}, not of {owner(key)}", cure)]
    schema = state.schema
    if schema is None:
        cure = "put the schema into schemas.folder, or set schemas.wiki_url"
        return [Check(name, "warn", f"not compared, its schema is unknown: {state.reason}", cure)]
    return [
        _check(table, found)
        for found in examine(cursor, table, table_columns(schema, settings.mysql.number))
    ]


def _check(table: str, found: Hazard) -> Check:
    return Check(f"table {table}", "fail" if found.harmful else "warn", found.what, found.cure)
