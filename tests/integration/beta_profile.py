"""Profile beta as faust.conf has it, on the servers of the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from elfaust.settings import Settings, load
from elfaust.sinks.mysql.connection import connect
from tests.servers import execute
from tests.stack_settings import renamed

SCHEMA = {"properties": {"n": {"type": "integer", "required": True}}}


@contextmanager
def beta_beside(fresh: Settings, folder: Path) -> Iterator[Settings]:
    """Give settings of beta with names of one test; of its sinks only MySQL runs.

    There is one schema, Counted, revision 1.
    """
    of_file = load(profile="beta", environ={})
    on_servers = replace(
        of_file,
        kafka=replace(of_file.kafka, bootstrap=fresh.kafka.bootstrap),
        mysql=replace(of_file.mysql, port=fresh.mysql.port),
        hdfs=replace(of_file.hdfs, url=fresh.hdfs.url),
        stack=fresh.stack,
        web=replace(of_file.web, port=fresh.web.port + 100),
        intake=replace(of_file.intake, port=fresh.intake.port + 1),
        processor=replace(of_file.processor, stores="mysql"),
        schemas=replace(of_file.schemas, folder=str(folder / "schemas")),
    )
    (folder / "schemas" / "Counted").mkdir(parents=True)
    (folder / "schemas" / "Counted" / "1.json").write_text(json.dumps(SCHEMA))
    prefix = fresh.mysql.database.removeprefix("log_")
    settings = renamed(on_servers, f"{prefix}beta", folder / "beta")
    execute(settings, f"CREATE DATABASE `{settings.mysql.database}` CHARACTER SET utf8mb4")
    yield settings
    execute(settings, f"DROP DATABASE `{settings.mysql.database}`")


def tables(settings: Settings) -> set[str]:
    """Return the names of all tables of the settings' database."""
    return {name for (name,) in fetched(settings, "SHOW TABLES")}


def fetched(settings: Settings, query: str) -> tuple[tuple[Any, ...], ...]:
    """Return what a query finds."""
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        found: tuple[tuple[Any, ...], ...] = cursor.fetchall()
        return found
