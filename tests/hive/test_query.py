"""Questions to the real HiveServer2, and to DuckDB over the same HDFS: the same rows."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elfaust.devstack.stack import Stack
from elfaust.errors import ServerAway
from elfaust.query.duck import DuckDb
from elfaust.query.engine import Engine
from elfaust.query.hive import Hive
from elfaust.query.refused import Failed, Refused
from elfaust.records import SchemaKey
from elfaust.settings import Settings, as_environ
from tests import REPOSITORY
from tests.hive.files import Warehouse
from tests.unit.query.stored import EDIT, EDIT_2

# `make test` has one test of Hive, the smoke test.
pytestmark = pytest.mark.long

ONE, TWO = SchemaKey("Edit", 1), SchemaKey("Edit", 2)
HARD = 'a "b" \\ \n \t 😀 é \u2028'
EVENTS = [
    {"action": "save", "tries": 2, "items": ["x", None, HARD]},
    {"action": HARD, "fooBar": {"innerMost": {"deepEst": {"a": [1, HARD]}}}},
    {"items": []},
]
#: As both engines write them.
SAME = (
    "SELECT * FROM edit ORDER BY dt, uuid",
    "SELECT uuid, event FROM edit_1 ORDER BY uuid",
    "SELECT count(*) c, sum(event.tries) t, count(DISTINCT uuid) u FROM edit WHERE year = 2026",
    "SELECT wiki, count(*) c FROM edit WHERE year = 2025 GROUP BY wiki",
    "SELECT count(*) c FROM edit WHERE month = 3 AND hour < 10",
    "SELECT event.foobar.innermost.deepest d, revision FROM edit ORDER BY d, revision, uuid",
    "SELECT cast(event_time AS varchar(30)) t, event_time FROM edit WHERE dt LIKE '1969%'",
    "SELECT event_time t FROM edit WHERE event_time >= '2026-03-08' ORDER BY t",
    "SELECT NULL a, 1 b, 'x' c, CAST(1.5 AS double) d, true e",
    "WITH a AS (SELECT wiki FROM edit) SELECT wiki, count(*) c FROM a GROUP BY wiki",
    "SELECT e.uuid FROM edit e JOIN edit_1 f ON e.uuid = f.uuid ORDER BY e.uuid",
)


@pytest.fixture
def warehouse(hive: Settings, tmp_path: Path) -> Warehouse:
    """Two revisions whose fields differ, and hours that not every zone has."""
    made = Warehouse(hive, tmp_path / "schemas")
    made.add(ONE, EDIT["properties"])  # type: ignore[arg-type]
    made.add(TWO, EDIT_2["properties"])  # type: ignore[arg-type]
    made.put(ONE, EVENTS, dt="2026-03-08T02:30:00.25Z")
    made.put(ONE, EVENTS[:1], "1969-12-31T23", first=9)
    made.put(TWO, [{"tries": 1.5, "more": True}], "2026-11-01T09", first=3)
    made.run()
    return made


@contextmanager
def opened(settings: Settings, kind: type[Hive] | type[DuckDb]) -> Iterator[Engine]:
    engine = kind(settings)
    try:
        yield engine
    finally:
        engine.close()


def rows(engine: Engine, sql: str) -> tuple[list[str], list[list[Any]]]:
    answer = engine.ask(sql)
    return answer.columns, list(answer.rows)


def test_both_engines_give_the_same_rows(warehouse: Warehouse) -> None:
    with opened(warehouse.settings, Hive) as by_hive, opened(warehouse.settings, DuckDb) as by_duck:
        for sql in SAME:
            assert rows(by_hive, sql) == rows(by_duck, sql), sql
        [[event]] = rows(by_hive, "SELECT event FROM edit_1 WHERE size(event.items) = 3 LIMIT 1")[1]
        assert event["items"] == ["x", None, HARD]
        [[last]] = rows(by_hive, "SELECT max(event_time) FROM edit WHERE year = 2026 AND day = 8")[
            1
        ]
        assert last == "2026-03-08 02:30:00.25"


#: Statements that Hive would run, each of which does more than to read tables.
OTHERS = (
    "SET hive.exec.parallel=true",
    "set -v",
    "-- a comment\nSET x=1",
    "/* a comment */ ADD JAR /tmp/x.jar",
    "ADD FILE /etc/passwd",
    "LIST JARS",
    "DFS -ls /",
    "!ls",
    "RELOAD",
    "COMPILE `x` AS GROOVY NAMED x",
    "INSERT INTO edit_1 SELECT * FROM edit_1",
    "FROM edit_1 INSERT OVERWRITE DIRECTORY '{root}/out' SELECT *",
    "INSERT OVERWRITE LOCAL DIRECTORY '/tmp/x' SELECT 1",
    "FROM edit_1 INSERT INTO TABLE x SELECT * INSERT INTO TABLE y SELECT *",
    "WITH a AS (SELECT 1) INSERT INTO TABLE x SELECT * FROM a",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMPORARY FUNCTION x AS 'org.apache.hadoop.hive.ql.udf.UDFLength'",
    "DROP TABLE edit_1",
    "TRUNCATE TABLE edit_1",
    "ALTER TABLE edit_1 SET TBLPROPERTIES ('a'='b')",
    "ANALYZE TABLE edit_1 COMPUTE STATISTICS",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "ANALYZE SELECT 1",
    "EXTENDED SELECT 1",
    "GRANT ALL TO USER x",
    "USE default",
    "MSCK REPAIR TABLE edit_1",
    "LOAD DATA INPATH '/x' INTO TABLE edit_1",
    "EXPORT TABLE edit_1 TO '/x'",
    "SELECT TRANSFORM (uuid) USING '/bin/cat' AS (x) FROM edit_1",
    "FROM edit_1 MAP uuid USING '/bin/cat' AS x",
    "FROM (FROM edit_1 MAP uuid USING '/bin/cat' AS x CLUSTER BY x) m REDUCE x USING '/bin/cat'",
    "SELECT reflect('java.lang.System', 'getenv', 'PATH')",
    "SELECT `reflect`('java.lang.System', 'getenv', 'PATH')",
    "SELECT ReFlEcT /* x */ ('java.lang.System', 'getenv', 'PATH')",
    "SELECT reflect2('a', 'length')",
    "SELECT java_method('java.lang.System', 'exit', 1)",
    "SELECT in_file('root', '/etc/passwd')",
    "SELECT uuid FROM edit_1 WHERE reflect('java.lang.System', 'getenv', 'PATH') = 'x'",
    "SELECT * FROM edit_1 LATERAL VIEW get_splits('SELECT 1', 1) t AS x",
    "SELECT xpath_string('<a>b</a>', 'a')",
    "SELECT version(), current_user()",
    "SELECT default.reflect('a', 'b')",
    "SELECT '${env:PATH}'",
    "SELECT '${hiveconf:javax.jdo.option.ConnectionPassword}'",
    "SELECT '${system:user.name}'",
    "SELECT 1; DROP TABLE edit_1",
    "SELECT 'a\\'; DROP TABLE edit_1; --'; DROP TABLE edit_1",
    'SELECT "a"; SET x=1',
    "SELECT * FROM matchpath(ON edit_1 PARTITION BY uuid ARG1('a'))",
    "VALUES (1)",
    "",
    "-- nothing",
)


def test_nothing_but_questions_reaches_hive(warehouse: Warehouse) -> None:
    files = warehouse.files()
    with opened(warehouse.settings, Hive) as engine:
        for sql in OTHERS:
            with pytest.raises(Refused):
                print(sql, rows(engine, sql.replace("{root}", warehouse.root)))
        for sql in ("SELECT nothing FROM edit", "SELECT 1 FROM", "SELECT * FROM no_such"):
            with pytest.raises(Failed, match="HiveServer2"):
                rows(engine, sql)
        assert rows(engine, "SELECT 'a;b', \"--c\", '/* d */', 'TOK_INSERT';")[1] == [
            ["a;b", "--c", "/* d */", "TOK_INSERT"]
        ]
    assert warehouse.files() == files


def run(
    settings: Settings, *arguments: str, timeout: float = 90
) -> subprocess.CompletedProcess[str]:
    """Run a command of elfaust; names that the parent's environment gives are left out."""
    environ = {name: of for name, of in os.environ.items() if not name.startswith("ELFAUST_")}
    return subprocess.run(
        [sys.executable, "-m", "elfaust", *arguments],
        env={**environ, **as_environ(settings), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_the_commands_answer_alike(warehouse: Warehouse) -> None:
    sql = "SELECT uuid, event, NULL AS nothing FROM edit WHERE year = 2026 ORDER BY dt, uuid"
    for form in ("--json", "--csv"):
        by_hive, by_duck = (
            run(warehouse.settings, "query", form, "--engine", engine, sql)
            for engine in ("hive", "duckdb")
        )
        assert (by_hive.returncode, by_hive.stderr) == (0, "")
        assert by_hive.stdout == by_duck.stdout
        assert len(by_hive.stdout.rstrip("\n").split("\n")) == (4 if form == "--json" else 5)
    listed = json.loads(run(warehouse.settings, "tables", "edit", "--json").stdout)["tables"]
    assert [(of["hive"], of["mysql"], of["view"], of["rows"]) for of in listed] == [
        ("edit_1", "Edit_1", "edit", 4),
        ("edit_2", "Edit_2", "edit", 1),
    ]
    assert listed[0]["first_event"] == "1969-12-31T23:30:00Z"
    assert run(warehouse.settings, "query", "DROP TABLE edit").returncode == 2
    assert run(warehouse.settings, "query", "SELECT nothing").returncode == 1


@pytest.fixture
def silent() -> Iterator[int]:
    """A port whose server takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_says_nothing_is_away_in_time(hive: Settings, silent: int) -> None:
    settings = replace(hive, hive=replace(hive.hive, port=silent, timeout=1.0))
    began = time.monotonic()
    answer = run(settings, "query", "SELECT 1")
    assert (answer.returncode, "not available" in answer.stderr) == (3, True)
    assert time.monotonic() - began < 15


def ask_again_and_again(engine: Engine) -> None:
    while True:
        rows(engine, "SELECT wiki, count(*) FROM edit GROUP BY wiki")


def test_a_server_that_hangs_amid_a_question_is_away_in_time(
    warehouse: Warehouse, hive_stack: Stack
) -> None:
    settings = replace(warehouse.settings, hive=replace(warehouse.settings.hive, timeout=8.0))
    [pid] = [of.pid for of in hive_stack.status() if of.name == "hiveserver2"]
    assert pid is not None
    with opened(settings, Hive) as engine:
        stop = threading.Timer(0.2, os.kill, (pid, signal.SIGSTOP))
        stop.start()
        began = time.monotonic()
        try:
            with pytest.raises(ServerAway, match="HiveServer2"):
                ask_again_and_again(engine)
            assert time.monotonic() - began < 30
        finally:
            os.kill(pid, signal.SIGCONT)
            stop.join()


def test_ctrl_c_ends_a_question(warehouse: Warehouse) -> None:
    environ = {name: of for name, of in os.environ.items() if not name.startswith("ELFAUST_")}
    slow = "SELECT count(*) FROM " + ", ".join(f"edit_1 a{n}" for n in range(16))
    asking = subprocess.Popen(
        [sys.executable, "-m", "elfaust", "query", slow],
        env={**environ, **as_environ(warehouse.settings), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(10)
    assert asking.poll() is None
    asking.send_signal(signal.SIGINT)
    assert asking.wait(20) == 130
