"""Fields of plain lines are remembered, so many at a time."""

from __future__ import annotations

import pytest

from elfaust.events import plain_fields
from elfaust.events.plain_fields import Agents, Moments
from elfaust.schema.dialect import DIALECTS


def test_a_time_is_what_its_dialect_makes_of_it() -> None:
    sent = b"2020-09-13T12:26:40"
    new, old = Moments(DIALECTS["2018"])[sent], Moments(DIALECTS["2015"])[sent]
    assert new == (b'"dt":"2020-09-13T12:26:40Z"', b"dt=2020-09-13T12:26:40Z")
    assert old == (b'"timestamp":1600000000', b"timestamp=1600000000")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_what_no_calendar_has_is_no_time(dialect: object) -> None:
    for sent in (b"2020-02-30T00:00:00", b"0000-01-01T00:00:00", b"2020-01-01T25:00:00"):
        assert Moments(dialect)[sent] is None  # type: ignore[arg-type]


def test_a_user_agent_is_a_map_or_the_text_that_was_sent() -> None:
    new, old = Agents(DIALECTS["2018"])[b"curl/8"], Agents(DIALECTS["2015"])[b"curl/8"]
    assert new is not None
    assert new.value.startswith(b'{"device_family":')
    assert new.sent == "curl/8"
    assert old == (b'"curl/8"', None)
    assert Agents(DIALECTS["2018"])[b"\xff"] is None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_fields, "MOST", 3)
    agents, moments = Agents(DIALECTS["2015"]), Moments(DIALECTS["2018"])
    for number in range(10):
        assert agents[b"%d" % number] is not None
        assert moments[b"2020-09-13T12:26:%02d" % number] is not None
    assert len(agents) <= 3
    assert len(moments) <= 3


def test_what_is_no_time_or_long_is_not_remembered() -> None:
    agents, moments = Agents(DIALECTS["2015"]), Moments(DIALECTS["2018"])
    assert agents[b"a" * (plain_fields.LONGEST + 1)] is not None
    assert agents[b"\xff" * (plain_fields.LONGEST + 1)] is None
    assert moments[b"2020-09-13T12:26:40" * 100] is None
    assert not agents
    assert not moments
    assert agents[b"a" * plain_fields.LONGEST] is not None
    assert agents
