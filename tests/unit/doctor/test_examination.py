"""Everything is examined side by side, whatever hangs or breaks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from time import monotonic

from elfaust.checks import Check, Subject
from elfaust.doctor.examination import examine_all
from elfaust.errors import ServerAway
from elfaust.settings import Settings

Checks = Callable[[Settings], Iterator[Check]]


def well(settings: Settings) -> Iterator[Check]:
    yield Check("first", "ok", "")
    yield Check("second", "ok", "")


def away(settings: Settings) -> Iterator[Check]:
    yield from ()
    raise ServerAway("first", "connection\nrefused")


def broken(settings: Settings) -> Iterator[Check]:
    yield Check("first", "ok", "")
    raise KeyError("x")


def hangs(settings: Settings) -> Iterator[Check]:
    yield Check("first", "ok", "")
    threading.Event().wait(20)


def examined(*checks: Checks) -> list[Check]:
    subjects = [Subject("first", ("second", "third"), of, "start it") for of in checks]
    return examine_all(Settings(), subjects, seconds=0.4)


def test_checks_come_in_the_order_of_their_subjects() -> None:
    assert [check.name for check in examined(well, well)] == ["first", "second"] * 2


def test_a_server_that_is_away_is_a_check_that_names_those_that_could_not_follow() -> None:
    [check, *others] = examined(away, well)
    assert check == Check(
        "first", "fail", "connection refused; not checked: second, third", "start it"
    )
    assert [other.outcome for other in others] == ["ok", "ok"]


def test_what_breaks_fails_alone() -> None:
    checks = examined(broken, well)
    assert [check.outcome for check in checks] == ["ok", "fail", "ok", "ok"]
    assert checks[1].detail == "KeyError: 'x'; not checked: second, third"


def test_what_hangs_is_waited_for_once_however_many_hang() -> None:
    began = monotonic()
    checks = examined(hangs, hangs, hangs, well)
    assert monotonic() - began < 1.0
    assert [check.outcome for check in checks] == ["ok", "fail"] * 3 + ["ok", "ok"]
    assert checks[1].detail == "no answer within 0.4 s; not checked: second, third"
