"""Apache Hive: a metastore, whose database is in MariaDB, and HiveServer2, on the same HDFS."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from MySQLdb.cursors import Cursor

from elfaust.devstack.hive_files import DATABASE, write_metastore, write_server
from elfaust.devstack.jars import jars
from elfaust.devstack.java import java
from elfaust.devstack.mariadb import as_root
from elfaust.devstack.server import HOST, Server, run_tool
from elfaust.errors import HiveRefuses, ServerAway
from elfaust.hive.client import connected, installed
from elfaust.hive.server import session
from elfaust.settings import Settings

METASTORE = "org.apache.hadoop.hive.metastore.HiveMetaStore"
HIVESERVER2 = "org.apache.hive.service.server.HiveServer2"
SCHEMATOOL = "org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool"
#: What a server raises that starts, and some time after.
NOT_THERE = (ServerAway, HiveRefuses)
#: Hive was written for Java 8: what it looks into of the modules of later ones.
OPENED = (
    *("lang", "lang.reflect", "lang.invoke", "io", "net", "nio", "math", "text", "time"),
    *("util", "util.regex", "util.concurrent", "util.concurrent.atomic"),
)
OPTIONS = (
    *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in OPENED),
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.sql/java.sql=ALL-UNNAMED",
    "--add-opens=java.management/java.lang.management=ALL-UNNAMED",
    "-XX:+UseSerialGC",
    # It is half of the CPU time of a start, and queries here are short.
    "-XX:TieredStopAtLevel=1",
    # Hundreds of clauses of one statement overflow a smaller stack.
    "-Xss8m",
)


def hive(settings: Settings, stack: Path) -> list[Server]:
    """Return the metastore and HiveServer2, which answers at `hive.port`."""
    local, port = settings.stack.metastore_port, settings.hive.port
    metastore, server = (stack / "hive" / name for name in ("metastore", "hiveserver2"))

    def prepare() -> None:
        # Nobody else needs it: it is another one at each start.
        password = secrets.token_hex(16)
        write_metastore(settings, metastore, password)
        if not _has_tables(stack, password):
            _make_tables(metastore, stack / "logs" / "metastore.log")

    return [
        Server(
            "metastore",
            stack,
            lambda: _java(metastore, METASTORE, "-p", str(local)),
            (local,),
            lambda: _ask_metastore(settings),
            prepare,
            {"METASTORE_CONF_DIR": str(metastore)},
            NOT_THERE,
            ("mariadb", "datanode"),
        ),
        Server(
            "hiveserver2",
            stack,
            lambda: _java(server, HIVESERVER2, heap="512m"),
            (port,),
            lambda: _ask_server(settings),
            lambda: write_server(settings, server),
            {"METASTORE_CONF_DIR": str(server)},
            NOT_THERE,
            ("metastore",),
        ),
    ]


def need_clients() -> None:
    """Raise ElfaustError where the packages are not installed by which Hive is asked."""
    for name in ("pymetastore.hive_metastore", "pyhive.hive"):
        installed(name)


def environment(settings: Settings) -> dict[str, str]:
    """Return the addresses of Hive's servers, as `elfaust stack env` prints them."""
    return {
        "HIVE_HOST": HOST,
        "HIVE_PORT": str(settings.hive.port),
        "METASTORE_URI": _uri(settings),
    }


def with_hive(settings: Settings) -> Settings:
    """Return the settings with which workers and queries use the local servers."""
    return replace(
        settings,
        hive=replace(settings.hive, host=HOST, metastore=_uri(settings), auth="NOSASL"),
    )


def _uri(settings: Settings) -> str:
    return f"thrift://{HOST}:{settings.stack.metastore_port}"


def _ask_metastore(settings: Settings) -> None:
    with connected(with_hive(settings).hive) as call:
        call(lambda metastore: metastore.get_all_databases())


def _ask_server(settings: Settings) -> None:
    """Have a statement run that asks the metastore."""
    with session(with_hive(settings).hive) as asked:
        asked.rows("SHOW DATABASES")


def _java(conf: Path, main: str, *arguments: str, heap: str = "256m") -> list[str]:
    return java("hive", main, *arguments, heap=heap, options=OPTIONS, conf=conf)


def _has_tables(stack: Path, password: str) -> bool:
    """Have the metastore's user and database, and say whether its tables are in it."""
    user = (DATABASE, HOST)
    with as_root(stack / "mariadb") as cursor:
        cursor.execute("CREATE USER IF NOT EXISTS %s@%s", user)
        cursor.execute("ALTER USER %s@%s IDENTIFIED BY %s", (*user, password))
        cursor.execute(f"GRANT ALL ON `{DATABASE}`.* TO %s@%s", user)
        if _is_filled(cursor):
            return True
        # What an interrupted run of the tool has left would make it fail. Its keys are too long
        # for a character set of more than a byte a character.
        cursor.execute(f"DROP DATABASE IF EXISTS `{DATABASE}`")
        cursor.execute(f"CREATE DATABASE `{DATABASE}` CHARACTER SET latin1")
        return False


def _is_filled(cursor: Cursor) -> bool:
    """Whether the tool has run to its end: it fills the table VERSION last."""
    cursor.execute("SELECT table_schema, table_name FROM information_schema.tables")
    if (DATABASE, "VERSION") not in cursor.fetchall():
        return False
    cursor.execute(f"SELECT * FROM `{DATABASE}`.VERSION")
    return bool(cursor.fetchall())


def _make_tables(conf: Path, log: Path) -> None:
    variables = [f"METASTORE_HOME={jars('hive')}", f"METASTORE_CONF_DIR={conf}"]
    tool = _java(conf, SCHEMATOOL, "-dbType", "mysql", "-initSchema")
    run_tool("making the metastore's database", ["/usr/bin/env", *variables, *tool], log)
