"""docs/analysts.md as it stands: its SQL in each store, beeline, the Java program, PyHive."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from elfaust.audit.hive import in_hive
from elfaust.devstack.jars import jars
from elfaust.query.duck import DuckDb
from elfaust.query.engine import Engine
from elfaust.query.freshness_keeping import FreshnessKeeper
from elfaust.query.hive import Hive
from elfaust.settings import Settings, as_environ
from elfaust.sinks.mysql.connection import connect
from elfaust.storage import open_storage
from elfaust.trial.job import landed
from tests import REPOSITORY
from tests.hive.sending import sent_of
from tests.integration.running import working

SCHEMAS, LINES = ("TemplateWizard", "SaveTiming"), 120
TEXT = (REPOSITORY / "docs" / "analysts.md").read_text()
BLOCK = re.compile(r"<!-- ([a-z ]+) -->\n```sql\n(.*?)```", re.DOTALL)
FOLDER = REPOSITORY / "docs" / "analysts"


@pytest.fixture
def stored(hive: Settings) -> Settings:
    """Events of the tutorial's schemas, in MySQL and as tables of Hive."""
    with working(hive, forwarder=0):
        sent_of(hive, SCHEMAS, LINES)
        asyncio.run(landed(hive, LINES, timeout=90.0))
        asyncio.run(in_hive(hive))
    FreshnessKeeper(hive, open_storage(hive.hdfs)).once()
    return hive


def questions() -> Iterator[dict[str, str]]:
    """Yield the SQL of each question by the store whose words it is in; MySQL's begin one."""
    found: dict[str, str] = {}
    for stores, sql in BLOCK.findall(TEXT):
        if stores == "mysql" and found:
            yield found
            found = {}
        found |= dict.fromkeys(stores.split(), sql)
    yield found


def plain(rows: Any) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(value)
    return round(float(value), 3) if isinstance(value, Decimal | float) else value


def by_mysql(settings: Settings, sql: str) -> list[list[Any]]:
    with closing(connect(settings.mysql)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return plain(cursor.fetchall())


def by_engine(engine: Engine, sql: str) -> list[list[Any]]:
    return plain(engine.ask(sql).rows)


def java(settings: Settings, *arguments: str, timeout: float = 100.0) -> list[str]:
    """Run Java with the JDBC driver and beeline, in whatever zone the machine is not."""
    answer = subprocess.run(
        ["java", "-Duser.timezone=Asia/Tokyo", "-cp", f"{jars('beeline')}/*", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


@pytest.mark.long
def test_the_tutorial_is_true(stored: Settings, tmp_path: Path) -> None:
    asked = list(questions())
    assert len(asked) == 5
    by_hive, by_duck = Hive(stored), DuckDb(stored)
    with closing(by_hive), closing(by_duck):
        for sql in asked[:1]:
            assert len(by_mysql(stored, sql["mysql"])) == 1
            assert len(by_engine(by_hive, sql["hive"])) == 1
        for sql in asked[1:]:
            wanted = by_mysql(stored, sql["mysql"])
            assert wanted
            assert by_engine(by_hive, sql["hive"]) == wanted, sql["hive"]
            assert by_engine(by_duck, sql["duckdb"]) == wanted, sql["duckdb"]
        actions = by_engine(
            by_hive,
            "SELECT event.action a, count(*) c, max(event_time) m FROM templatewizard"
            " WHERE wiki = 'enwiki' GROUP BY event.action ORDER BY a",
        )
        names = by_engine(
            by_hive,
            "SELECT uuid, event_time, event.template_names FROM templatewizard"
            " WHERE wiki = 'enwiki' AND size(event.template_names) > 0 ORDER BY uuid",
        )
        uses = by_engine(by_hive, asked[3]["hive"])
    address = f"{stored.hive.host}:{stored.hive.port}/{stored.hive.database};auth=noSasl"
    said = java(stored, str(FOLDER / "ActionsByWiki.java"), f"jdbc:hive2://{address}", "enwiki")
    assert [line.split("\t")[:2] for line in said] == [[a, str(c)] for a, c, _ in actions]
    assert [line.split("\t")[2].rstrip("0").rstrip(".") for line in said] == [
        m for _, _, m in actions
    ]
    session = java(
        stored,
        *("org.apache.hive.beeline.BeeLine", "--silent=true", "--outputformat=tsv2"),
        *("-u", f"jdbc:hive2://{address}", "-n", "analyst", "-f", str(FOLDER / "session.sql")),
    )
    assert "templatewizard" in session
    for template, times in uses:
        assert f"{template}\t{times}" in session
    _by_python(stored, names)
    _by_notebook(stored, tmp_path)


def _by_python(stored: Settings, names: list[list[Any]]) -> None:
    hive = stored.hive
    answer = subprocess.run(
        [
            *(sys.executable, str(FOLDER / "by_pyhive.py")),
            *(hive.host, str(hive.port), hive.database, "enwiki"),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    wanted = [f"{uuid}\t{when}\t{', '.join(templates)}" for uuid, when, templates in names]
    assert answer.stdout.splitlines() == wanted


def _by_notebook(stored: Settings, tmp_path: Path) -> None:
    """Run the notebook's cells."""
    command = tmp_path / "elfaust"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m elfaust "$@"\n')
    command.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    answer = subprocess.run(
        [sys.executable, str(FOLDER / "by_pandas.py")],
        env={**as_environ(stored), "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "count" in answer.stdout


def test_programs_are_those_that_the_page_shows() -> None:
    for file in FOLDER.iterdir():
        assert file.read_text() in TEXT, file.name
