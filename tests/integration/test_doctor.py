"""elfaust doctor on real servers: each fault is found, and its cure cures it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import pytest
import requests
from click.testing import CliRunner

from elfaust.checks import Check, Subject
from elfaust.commands import main
from elfaust.delivery.topics import TopicAdmin
from elfaust.doctor import kafka
from elfaust.names import TopicNames, changelog_topic, table_name
from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.registry import Registry
from elfaust.settings import Settings, as_environ
from elfaust.sinks.mysql import checks as mysql
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.parquet import checks as parquet
from tests.servers import dfsadmin

Admin = Callable[[str], None]
KEY = SchemaKey("PrefUpdate", 19326310)
#: What somebody may do to the table of KEY, and what the check says of it.
ALTERATIONS = {
    "DROP COLUMN event_userId": "column event_userId BIGINT is missing",
    "DROP KEY ix_uuid, ADD KEY ix_uuid (uuid)": "no unique index",
    "DROP COLUMN uuid": "column uuid CHAR(32) is missing",
    "DROP COLUMN dt, DROP COLUMN id": "column id INTEGER is missing",
    "MODIFY COLUMN wiki VARCHAR(10)": "column wiki is varchar(10), not VARCHAR(1024)",
    "MODIFY COLUMN wiki TEXT CHARACTER SET latin1": "is text CHARACTER SET latin1",
    "MODIFY COLUMN wiki VARCHAR(1024) NOT NULL": "takes no NULL",
    "MODIFY COLUMN id INT NOT NULL": "does not count up",
    "ADD COLUMN mine INT NOT NULL": "column mine int(11) is not of the schema, and demands",
    "ADD UNIQUE mine (wiki(8))": "unique index mine lets events of one value be stored but once",
    "ADD CONSTRAINT few CHECK (event_userId < 9)": "CHECK few refuses rows",
    "MODIFY COLUMN wiki VARCHAR(1024) COLLATE utf8mb4_bin CHECK (wiki <> '')": "CHECK wiki",
    "DROP COLUMN event_userId, ADD COLUMN event_userId BIGINT AS (1)": "is generated",
    "ENGINE = Aria": "has engine Aria, which keeps half a write",
    "AUTO_INCREMENT = 2147483647": "column id has used 2147483646 of 2147483647 numbers",
}


def diagnosed(settings: Settings) -> tuple[int, dict[str, Check]]:
    """Return the exit code of the command, and its checks by name."""
    result = CliRunner().invoke(main, ["doctor", "--json"], env=as_environ(settings))
    checks = [Check(**found) for found in json.loads(result.stdout)["checks"]]
    return result.exit_code, {check.name: check for check in checks}


def failed(subject: Callable[[Settings], Subject], settings: Settings) -> list[Check]:
    """Return the failures of what one server is asked."""
    checks = subject(settings).checks(settings)
    return [check for check in checks if check.outcome == "fail"]


async def make_topics(settings: Settings, *names: str, compacted: bool = False) -> set[str]:
    """Create topics; return the names of those of this test, when the new ones are among them."""
    admin, prefix = TopicAdmin(settings), settings.mysql.database.removeprefix("log_")
    await admin.ensure(names, compacted)
    while not set(names) <= (found := await admin.names()):
        await asyncio.sleep(0.05)
    await admin.close()
    return {name for name in found if name.startswith(prefix)}


def make_tables(settings: Settings, admin: Admin) -> None:
    """Create the tables of all schemas, as the sink does."""
    registry = Registry(settings.schemas)
    for key in registry.known():
        schema = registry.get(key)
        assert schema is not None
        admin(create_table(table_name(settings.mysql.table, key), schema))


def root_of(settings: Settings) -> int:
    """Return the HTTP status of the root in HDFS, 404 if it is not there."""
    url = f"{settings.hdfs.url}/webhdfs/v1{settings.hdfs.root}?op=GETFILESTATUS"
    return requests.get(url, timeout=10).status_code


def test_all_is_well_and_nothing_is_left(fresh: Settings, admin: Admin) -> None:
    names = TopicNames(fresh)
    before = asyncio.run(make_topics(fresh, *names.raw, names.error, names.event(KEY)))
    before |= asyncio.run(make_topics(fresh, changelog_topic(fresh), compacted=True))
    make_tables(fresh, admin)
    code, checks = diagnosed(fresh)
    assert {name: check for name, check in checks.items() if check.outcome != "ok"} == {}
    assert code == 0
    assert checks["MySQL tables"].detail == "28 of 28 known schemas have one"
    assert checks["lanes"].detail == f"{fresh.topics.lanes} partitions in each of 5 topics"
    assert checks["counts changelog"].detail.endswith("is compacted")
    assert asyncio.run(make_topics(fresh)) == before
    assert root_of(fresh) == 404


def test_empty_servers_stay_empty(fresh: Settings) -> None:
    before = asyncio.run(make_topics(fresh))
    code, checks = diagnosed(fresh)
    assert [name for name, check in checks.items() if check.outcome != "ok"] == ["topics"]
    assert code == 0
    assert checks["MySQL tables"].detail == "0 of 28 known schemas have one"
    assert asyncio.run(make_topics(fresh)) == before
    assert root_of(fresh) == 404


@pytest.mark.parametrize("year", sorted(DIALECTS))
def test_tables_of_all_schemas_as_they_are_made(fresh: Settings, admin: Admin, year: str) -> None:
    settings = replace(fresh, schemas=replace(fresh.schemas, compatibility=year))
    make_tables(settings, admin)
    assert failed(mysql.subject, settings) == []


def test_an_altered_table_is_mended_by_what_the_check_says(fresh: Settings, admin: Admin) -> None:
    make_tables(fresh, admin)
    table = table_name(fresh.mysql.table, KEY)
    for alteration, said in ALTERATIONS.items():
        admin(f"ALTER TABLE {table} {alteration}")
        [check] = failed(mysql.subject, fresh)
        assert (check.name, said in check.detail) == (f"table {table}", True), check
        admin(check.cure)
        assert failed(mysql.subject, fresh) == [], alteration


def test_a_user_without_a_right(fresh: Settings, admin: Admin) -> None:
    limited = replace(fresh.mysql, user=f"u_{fresh.mysql.database}", password="limited")
    settings = replace(fresh, mysql=limited)
    user = f"'{limited.user}'@'{limited.host}'"
    admin(f"CREATE USER {user} IDENTIFIED BY 'limited'")
    try:
        [check] = failed(mysql.subject, settings)
        assert "denied" in check.detail
        # From where the user comes is the administrator's to say.
        admin(check.cure.replace("HOST", limited.host))
        assert failed(mysql.subject, settings) == []
        admin(f"REVOKE UPDATE ON `{limited.database.replace('_', chr(92) + '_')}`.* FROM {user}")
        code, checks = diagnosed(settings)
        check = checks["MySQL grants"]
        assert (code, check.outcome) == (1, "fail")
        assert f"may not UPDATE in {limited.database}" in check.detail
        assert check.cure.startswith("GRANT UPDATE ON ")
        admin(check.cure)
        assert failed(mysql.subject, settings) == []
    finally:
        admin(f"DROP USER {user}")


def test_a_topic_with_another_number_of_partitions(fresh: Settings) -> None:
    names = TopicNames(fresh)
    asyncio.run(make_topics(fresh, *names.raw))
    more = replace(fresh, topics=replace(fresh.topics, lanes=fresh.topics.lanes + 2))
    asyncio.run(make_topics(more, names.event(KEY)))
    asyncio.run(make_topics(fresh, changelog_topic(fresh)))
    lanes, changelog = failed(kafka.subject, fresh)
    wanted, has = fresh.topics.lanes, more.topics.lanes
    assert lanes.detail == f"topics.lanes is {wanted}, but {names.event(KEY)} has {has}"
    assert "cleanup.policy" in changelog.detail


def test_safe_mode(fresh: Settings) -> None:
    dfsadmin(fresh, "-safemode", "enter")
    try:
        [check] = failed(parquet.subject, fresh)
    finally:
        dfsadmin(fresh, "-safemode", "leave")
    assert check.name == "storage write"
    assert "safe mode" in check.detail
    assert "-safemode leave" in check.cure
    assert failed(parquet.subject, fresh) == []


@pytest.mark.parametrize("server", ["kafka", "mysql", "hdfs"])
def test_a_port_on_which_nobody_listens(fresh: Settings, server: str) -> None:
    away = {
        "kafka": replace(fresh, kafka=replace(fresh.kafka, bootstrap="127.0.0.1:1")),
        "mysql": replace(fresh, mysql=replace(fresh.mysql, port=1)),
        "hdfs": replace(fresh, hdfs=replace(fresh.hdfs, url="http://127.0.0.1:1")),
    }[server]
    began = monotonic()
    code, checks = diagnosed(away)
    assert monotonic() - began < 10
    [check] = [check for check in checks.values() if check.outcome == "fail"]
    assert (code, check.name.lower().split()[0]) == (1, server)
    assert "not checked: " in check.detail
    others = {"kafka": "topics", "mysql": "MySQL tables", "hdfs": "storage write"}
    assert {name for name in others.values() if name not in checks} == {others[server]}
