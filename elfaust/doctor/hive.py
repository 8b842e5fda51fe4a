"""Checks of Hive: that the metastore and HiveServer2 answer, and have what they have to have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from elfaust.audit.hive import hive_status
from elfaust.checks import Check, Subject
from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.client import connected
from elfaust.hive.server import session
from elfaust.settings import Settings
from elfaust.settings.hive import Hive

TABLES = "tables of Hive"
#: Examples that a check names.
NAMED = 3
STATUS = "see elfaust hive status"


def subjects(settings: Settings) -> list[Subject]:
    """Return the checks, none where Hive is off."""
    found, hive = [], settings.hive
    if hive.metastore:
        name = f"Hive metastore {hive.metastore}"
        cure = "start it, or correct hive.metastore; partitions follow when it is back"
        found.append(Subject(name, (TABLES,), partial(_metastore, name), cure))
    if hive.host:
        name = f"HiveServer2 {hive.host}:{hive.port}"
        cure = "start it, or correct hive.host, hive.port and hive.auth"
        found.append(Subject(name, (), partial(_server, name), cure))
    return found


def _metastore(name: str, settings: Settings) -> Iterator[Check]:
    with connected(settings.hive) as call:
        databases = call(lambda metastore: metastore.get_all_databases())
    yield Check(name, "ok", "answers")
    database = settings.hive.database.lower()
    if database not in databases:
        yield Check(TABLES, "ok", f"database {database} is not there yet")
        return
    yield _tables(settings)


def _tables(settings: Settings) -> Check:
    """Compare all but the insides of files, which `elfaust hive status` reads."""
    try:
        found = hive_status(settings)
    except ServerAway as away:
        return Check(TABLES, "warn", str(away), "start it, and examine again")
    missing = sum(table.missing for table in found.tables)
    if found.told:
        few = "; ".join(f"{name} {what}" for name, what, _ in found.told[:NAMED])
        detail = f"{few}{', ...' if len(found.told) > NAMED else ''}"
        return Check(TABLES, "warn", detail, found.told[0].cure or STATUS)
    if missing or found.views_missing or found.columns_missing:
        detail = f"{missing} partitions and {len(found.views_missing)} views are missing"
        return Check(TABLES, "warn", detail, "have the role hive run, or run elfaust hive sync")
    partitions = sum(table.partitions for table in found.tables)
    return Check(TABLES, "ok", f"{len(found.tables)} tables, {partitions} partitions")


def _server(name: str, settings: Settings) -> Iterator[Check]:
    hive: Hive = settings.hive
    try:
        with session(hive) as asked:
            asked.rows("SELECT 1")
    except HiveRefuses as refused:
        cure = "correct hive.user, hive.auth and hive.password, and see HiveServer2's log"
        yield Check(name, "fail", refused.detail, cure)
    else:
        yield Check(name, "ok", f"answers {hive.user}")
