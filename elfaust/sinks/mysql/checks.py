"""Checks of MySQL: rights, the server's own settings and its clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from typing import Any

import MySQLdb
from MySQLdb.constants import ER

from elfaust.checks import ANSWER_SECONDS, Check, Subject, clock
from elfaust.errors import ServerAway
from elfaust.settings import Settings
from elfaust.sinks.mysql.connection import connect, server_name
from elfaust.sinks.mysql.ddl import quoted
from elfaust.sinks.mysql.table_checks import check_tables

#: Rights that the sink uses. MySQL asks for UPDATE in `ON DUPLICATE KEY UPDATE uuid = uuid`.
NEEDED = ("SELECT", "INSERT", "UPDATE", "CREATE")
#: Rights in whole databases; those in single tables say nothing of the next schema's.
GRANT = re.compile(r"GRANT (.+?) ON (?:(\*)|`((?:[^`]|``)+)`)\.\* TO ")
ROLE = re.compile(r"GRANT [`'\"][^ ]+ TO ")
#: Numbers of the errors of MySQL's client: the connection is lost.
LOST = range(2000, 3000)
CheckOf = Callable[[Settings, Any], Iterable[Check]]


def subject(settings: Settings) -> Subject:
    """Return the checks of MySQL."""
    cure = "start it, or correct mysql.host and mysql.port"
    return Subject(server_name(settings.mysql), tuple(CHECKS), _checks, cure)


def _checks(settings: Settings) -> Iterator[Check]:
    timeout = min(settings.mysql.timeout, ANSWER_SECONDS)
    try:
        connection = connect(replace(settings.mysql, timeout=timeout))
    except MySQLdb.Error as error:
        yield Check(server_name(settings.mysql), "fail", _message(error), _cure(settings, error))
        return
    with closing(connection), connection.cursor() as cursor:
        yield Check(server_name(settings.mysql), "ok", f"database {settings.mysql.database}")
        for name, check in CHECKS.items():
            try:
                yield from check(settings, cursor)
            except MySQLdb.Error as error:
                if error.args and error.args[0] in LOST:
                    raise ServerAway(server_name(settings.mysql), _message(error)) from error
                detail = f"could not be checked: {_message(error)}"
                yield Check(name, "fail", detail, "see the server's message")


def _message(error: MySQLdb.Error) -> str:
    return str(error.args[-1]) if error.args else repr(error)


def _cure(settings: Settings, error: MySQLdb.Error) -> str:
    database, user = quoted(settings.mysql.database), settings.mysql.user
    denied = "correct mysql.password (ELFAUST_MYSQL_PASSWORD) or mysql.user"
    cures = {
        ER.ACCESS_DENIED_ERROR: denied,
        ER.ACCESS_DENIED_NO_PASSWORD_ERROR: denied,
        ER.BAD_DB_ERROR: f"CREATE DATABASE {database} CHARACTER SET utf8mb4",
        ER.DBACCESS_DENIED_ERROR: grant(NEEDED, settings.mysql.database, f"{user}@HOST"),
    }
    return cures.get(error.args[0] if error.args else 0, subject(settings).cure)


def check_grants(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Tell whether the user has the rights that the sink needs, in the whole database."""
    name, database = "MySQL grants", settings.mysql.database
    # Without FOR: MariaDB adds what the role has that is active.
    cursor.execute("SHOW GRANTS")
    lines = [str(line) for (line,) in cursor.fetchall()]
    has = granted(lines, database)
    missing = [right for right in NEEDED if right not in has]
    if not missing:
        yield Check(name, "ok", f"{', '.join(NEEDED)} in {database}")
        return
    cursor.execute("SELECT CURRENT_USER()")
    [(user,)] = cursor.fetchall()
    cure = grant(missing, database, user)
    if any(ROLE.match(line) for line in lines):
        detail = f"{', '.join(missing)} in {database} only if a role of {user} has them"
        yield Check(name, "warn", detail, f"look at the role, or {cure}")
    else:
        yield Check(name, "fail", f"{user} may not {', '.join(missing)} in {database}", cure)


def granted(lines: Iterable[str], database: str) -> set[str]:
    """Return which of NEEDED the lines of SHOW GRANTS give in a whole database."""
    has: set[str] = set()
    for line in lines:
        match = GRANT.match(line)
        if match and (match[2] or _pattern(match[3]).fullmatch(database)):
            has.update(match[1].split(", "))
    return set(NEEDED) if "ALL PRIVILEGES" in has else has & set(NEEDED)


def _pattern(name: str) -> re.Pattern[str]:
    """Return what the name of a grant's database matches: `%` and `_` unescaped are wildcards."""
    parts = re.findall(r"\\.|.", name.replace("``", "`"))
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts))


def grant(rights: Iterable[str], database: str, account: str) -> str:
    """Return the GRANT of some rights in a database to an account, `user@host`."""
    user, _, host = account.replace("'", "''").rpartition("@")
    escaped = re.sub(r"([_%])", r"\\\1", database)
    return f"GRANT {', '.join(rights)} ON {quoted(escaped)}.* TO '{user}'@'{host}'"


def check_writable(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Tell whether the server takes writes."""
    name = "MySQL read_only"
    cursor.execute("SELECT @@global.read_only")
    [(value,)] = cursor.fetchall()
    if str(value).upper() in ("0", "OFF"):
        yield Check(name, "ok", "off")
    else:
        cure = "set mysql.host to the primary, or SET GLOBAL read_only = 0 if this is it"
        yield Check(name, "fail", "on: the server takes no writes", cure)


def check_characters(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Tell whether the database holds every character."""
    name = "MySQL character set"
    cursor.execute("SELECT @@character_set_database")
    [(value,)] = cursor.fetchall()
    if value == "utf8mb4":
        yield Check(name, "ok", value)
    else:
        cure = f"ALTER DATABASE {quoted(settings.mysql.database)} CHARACTER SET utf8mb4"
        yield Check(name, "warn", f"{value}, not utf8mb4", cure)


def check_packets(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Tell whether a row of the longest line fits a packet; escaping may double it."""
    name, needed = "MySQL packets", 2 * settings.processor.max_line_bytes
    cursor.execute("SELECT @@max_allowed_packet")
    [(value,)] = cursor.fetchall()
    if int(value) >= needed:
        yield Check(name, "ok", f"up to {value} bytes")
    else:
        cure = f"SET GLOBAL max_allowed_packet = {needed}, and in the server's configuration"
        yield Check(name, "warn", f"{value} bytes do not hold the longest line's row", cure)


def check_clock(settings: Settings, cursor: Any) -> Iterator[Check]:
    """Compare the server's clock with this machine's."""
    before = time.time()
    cursor.execute("SELECT UTC_TIMESTAMP(6)")
    [(there,)] = cursor.fetchall()
    yield clock("MySQL clock", (before, time.time()), there.replace(tzinfo=UTC).timestamp())


CHECKS: dict[str, CheckOf] = {
    "MySQL grants": check_grants,
    "MySQL read_only": check_writable,
    "MySQL character set": check_characters,
    "MySQL packets": check_packets,
    "MySQL tables": check_tables,
    "MySQL clock": check_clock,
}
