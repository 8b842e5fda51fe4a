"""Rights, the server's settings and its clock, as a server may tell them."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import MySQLdb
import pytest
from MySQLdb.constants import CR, ER

from elfaust.checks import Check
from elfaust.errors import ServerAway
from elfaust.settings import Settings
from elfaust.sinks.mysql import checks
from elfaust.sinks.mysql.checks import (
    CHECKS,
    NEEDED,
    check_characters,
    check_clock,
    check_grants,
    check_packets,
    check_writable,
    grant,
    granted,
)
from tests.unit.doctor.fakes import FakeCursor, Rows

BASE = Settings()
SETTINGS = dataclasses.replace(BASE, mysql=dataclasses.replace(BASE.mysql, database="log_1"))
ALL = set(NEEDED)


def only(check: Any, answers: dict[str, Rows | Exception]) -> Check:
    """Return the one check of a cursor that gives these answers."""
    [found] = check(SETTINGS, FakeCursor(answers))
    assert isinstance(found, Check)
    return found


@pytest.mark.parametrize(
    ("line", "rights"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `u`@`%`", ALL),
        ("GRANT ALL PRIVILEGES ON `log_1`.* TO `u`@`%` WITH GRANT OPTION", ALL),
        (r"GRANT SELECT, INSERT, DELETE ON `log\_1`.* TO `u`@`%`", {"SELECT", "INSERT"}),
        ("GRANT SELECT, CREATE TEMPORARY TABLES ON `log%`.* TO `u`@`%`", {"SELECT"}),
        (r"GRANT SELECT ON `log\%`.* TO `u`@`%`", set()),
        ("GRANT SELECT ON `log`.* TO `u`@`%`", set()),
        ("GRANT SELECT, UPDATE ON `log_1`.`Edit_1` TO `u`@`%`", set()),
        ("GRANT SELECT (`id`), UPDATE (`id`) ON `log_1`.`Edit_1` TO `u`@`%`", set()),
        ("GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*0'", set()),
        ("GRANT `writer` TO `u`@`%`", set()),
    ],
)
def test_what_a_line_of_show_grants_gives(line: str, rights: set[str]) -> None:
    assert granted([line], "log_1") == rights


def test_rights_of_several_lines_add_up() -> None:
    assert granted([f"GRANT {right} ON `log_1`.* TO `u`@`%`" for right in NEEDED], "log_1") == ALL


def test_a_grant_is_of_this_database_and_account_alone() -> None:
    assert grant(["SELECT", "CREATE"], "log_1", "o'hara@10.0.0.%") == (
        r"GRANT SELECT, CREATE ON `log\_1`.* TO 'o''hara'@'10.0.0.%'"
    )


def test_what_a_grant_gives_is_what_is_read_from_it() -> None:
    assert granted([grant(NEEDED, "log_1", "u@%").replace("'", "`")], "log_1") == ALL


def test_a_right_that_is_missing_comes_with_its_grant() -> None:
    line = "GRANT SELECT, INSERT, CREATE ON `log_1`.* TO `u`@`%`"
    answers: dict[str, Rows | Exception] = {
        "SHOW GRANTS": [(line,)],
        "CURRENT_USER": [("u@%",)],
    }
    check = only(check_grants, answers)
    assert (check.outcome, check.detail) == ("fail", "u@% may not UPDATE in log_1")
    assert check.cure == r"GRANT UPDATE ON `log\_1`.* TO 'u'@'%'"
    answers["SHOW GRANTS"] = [(line,), ("GRANT `writer` TO `u`@`%`",)]
    assert only(check_grants, answers).outcome == "warn"
    answers["SHOW GRANTS"] = [("GRANT ALL PRIVILEGES ON *.* TO `u`@`%`",)]
    assert only(check_grants, answers).outcome == "ok"


@pytest.mark.parametrize(
    ("check", "value", "outcome"),
    [
        (check_writable, 0, "ok"),
        (check_writable, "OFF", "ok"),
        (check_writable, 1, "fail"),
        (check_characters, "utf8mb4", "ok"),
        (check_characters, "latin1", "warn"),
        (check_packets, 2 * BASE.processor.max_line_bytes, "ok"),
        (check_packets, 2 * BASE.processor.max_line_bytes - 1, "warn"),
    ],
)
def test_a_variable_of_the_server(check: Any, value: object, outcome: str) -> None:
    found = only(check, {"@@": [(value,)]})
    assert found.outcome == outcome
    assert bool(found.cure) == (outcome != "ok")


def test_the_clock() -> None:
    now = datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)
    assert only(check_clock, {"UTC": [(now,)]}).outcome == "ok"
    assert only(check_clock, {"UTC": [(now + timedelta(hours=1),)]}).outcome == "fail"


class FakeConnection:
    def __init__(self, answers: dict[str, Rows | Exception]) -> None:
        self._answers = answers

    def cursor(self) -> FakeCursor:
        return FakeCursor(self._answers)

    def close(self) -> None:
        pass


def examined(monkeypatch: pytest.MonkeyPatch, answer: Exception) -> list[Check]:
    """Return the checks of a server that answers whatever it is asked with an error."""
    monkeypatch.setattr(checks, "connect", lambda _: FakeConnection({"": answer}))
    return list(checks.subject(SETTINGS).checks(SETTINGS))


def test_a_check_that_the_server_refuses_lets_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denied = MySQLdb.OperationalError(ER.TABLEACCESS_DENIED_ERROR, "SELECT denied")
    server, *others = examined(monkeypatch, denied)
    assert server.outcome == "ok"
    assert [check.name for check in others] == list(CHECKS)
    assert {(c.outcome, c.detail) for c in others} == {
        ("fail", "could not be checked: SELECT denied")
    }


def test_a_connection_that_is_lost_ends_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerAway, match="Lost connection"):
        examined(monkeypatch, MySQLdb.OperationalError(CR.SERVER_LOST, "Lost connection"))


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (ER.ACCESS_DENIED_ERROR, "correct mysql.password (ELFAUST_MYSQL_PASSWORD) or mysql.user"),
        (
            ER.ACCESS_DENIED_NO_PASSWORD_ERROR,
            "correct mysql.password (ELFAUST_MYSQL_PASSWORD) or mysql.user",
        ),
        (ER.BAD_DB_ERROR, "CREATE DATABASE `log_1` CHARACTER SET utf8mb4"),
        (ER.DBACCESS_DENIED_ERROR, grant(NEEDED, "log_1", "elfaust@HOST")),
        (CR.CONN_HOST_ERROR, "start it, or correct mysql.host and mysql.port"),
    ],
)
def test_a_connection_that_is_refused(
    monkeypatch: pytest.MonkeyPatch, code: int, cure: str
) -> None:
    def refuse(_: object) -> None:
        raise MySQLdb.OperationalError(code, "no")

    monkeypatch.setattr(checks, "connect", refuse)
    [check] = checks.subject(SETTINGS).checks(SETTINGS)
    assert check == Check("MySQL 127.0.0.1:3306", "fail", "no", cure)
