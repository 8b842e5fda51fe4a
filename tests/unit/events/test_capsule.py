"""What the pipeline adds to an event."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.events.capsule import (
    complete,
    event_uuid,
    faulty_identity_field,
    parse_user_agent,
)
from elfaust.schema.dialect import DIALECTS, Dialect
from tests.field_cases import given as given_of_case

NOW, OF_2015 = DIALECTS["2018"], DIALECTS["2015"]


def test_the_uuid_of_the_convention() -> None:
    capsule = {"recvFrom": "cp1054.eqiad.wmnet", "seqId": 438763, "dt": "2013-01-21T18:10:34Z"}
    assert event_uuid(capsule, NOW) == "78a9bf5e1db95ccb96969d59edc99e2a"


def test_the_uuid_of_2015() -> None:
    capsule = {"recvFrom": "cp1054.eqiad.wmnet", "seqId": 438763, "timestamp": 1358791834}
    assert event_uuid(capsule, OF_2015) == "31f60f96a7f2569a93c369f4c065ba31"
    capsule["timestamp"] = 1358791834000
    assert event_uuid(capsule, OF_2015) == "31f60f96a7f2569a93c369f4c065ba31"


def test_in_2015_the_user_agent_stays_and_the_time_is_seconds() -> None:
    line = {"recvFrom": "cp1054.eqiad.wmnet", "seqId": "438763", "userAgent": '"Mozilla/5.0"'}
    capsule = {**line, "dt": "2013-01-21T18:10:34Z"}
    complete(capsule, OF_2015)
    assert capsule == {
        **line,
        "seqId": 438763,
        "timestamp": 1358791834,
        "uuid": "31f60f96a7f2569a93c369f4c065ba31",
    }


def test_in_2015_the_client_s_address_stays_out_of_the_event() -> None:
    line = {"recvFrom": "h", "seqId": "1", "dt": "2013-01-21T18:10:34Z"}
    capsule = {**line, "clientIp": "198.51.100.7"}
    complete(capsule, OF_2015)
    assert "clientIp" not in capsule
    refused = {**line, "clientIp": 5}
    complete(refused, OF_2015)
    assert refused["clientIp"] == 5


def test_a_timestamp_takes_the_place_of_dt() -> None:
    capsule = {"recvFrom": "mw1017", "seqId": 34, "timestamp": 1600000034}
    assert event_uuid(capsule, NOW) == "a9da61c307a05805aee77d446d17fdda"


@given(st.text(max_size=30), st.integers(0, 10**12))
def test_the_uuid_is_uuid5(host: str, number: int) -> None:
    capsule = {"recvFrom": host, "seqId": number, "dt": "2020-01-01T00:00:00Z"}
    url = f"event://{host}/?seqId={number}&dt=2020-01-01T00:00:00Z"
    assert event_uuid(capsule, NOW) == uuid.uuid5(uuid.NAMESPACE_URL, url).hex


def test_the_event_may_name_its_host_and_number() -> None:
    capsule = {"recvFrom": 5, "seqId": "7", "dt": "2020-01-01T00:00:00Z"}
    complete(capsule, NOW)
    assert (capsule["recvFrom"], capsule["seqId"]) == ("5", 7)


def test_a_user_agent_that_is_too_long_is_dropped() -> None:
    assert parse_user_agent("Googlebot " * 100) == parse_user_agent("")


#: What is right of a user agent, by the user agent.
AGENTS: dict[str, str] = given_of_case(17)["user_agents"]


@pytest.mark.parametrize(
    ("agent", "is_bot"),
    [
        *((agent, "true" in right) for agent, right in AGENTS.items() if "is_bot" in right),
        ('"PHP/7.0"', True),
        ("my PHP/7.0", False),
        ("Googlebot/2.1 (+http://www.google.com/bot.html)", True),
        ("someone@example.org", True),
        ("mail someone@example.org", False),
        ("Foo reader", False),
        ("", False),
    ],
)
def test_a_bot_by_eventlogging_s_rule(agent: str, is_bot: bool) -> None:
    assert parse_user_agent(agent)["is_bot"] is is_bot


@pytest.mark.parametrize("agent", ["MediaWiki/1.35", "x mediawiki"])
def test_mediawiki_is_told_anywhere_in_any_case(agent: str) -> None:
    assert parse_user_agent(agent)["is_mediawiki"] is True
    assert parse_user_agent("Wikipedia/1.35")["is_mediawiki"] is False


def test_events_do_not_share_a_parsed_user_agent() -> None:
    capsules = [
        {"recvFrom": "h", "seqId": n, "dt": "2020-01-01T00:00:00Z", "userAgent": "-"}
        for n in range(2)
    ]
    for capsule in capsules:
        complete(capsule, NOW)
    assert capsules[0]["userAgent"] == capsules[1]["userAgent"]
    assert capsules[0]["userAgent"] is not capsules[1]["userAgent"]


@pytest.mark.parametrize(
    ("wrong", "dialect", "name"),
    [
        ({"recvFrom": "\udcff"}, NOW, "recvFrom"),
        ({"seqId": float("inf")}, NOW, "seqId"),
        ({"seqId": None}, NOW, "seqId"),
        ({"dt": "\udcff", "timestamp": 1}, NOW, "dt"),
        ({"timestamp": 10**15}, NOW, "timestamp"),
        ({"dt": "soon"}, OF_2015, "dt"),
        ({}, OF_2015, "dt"),
        ({}, NOW, "dt"),
    ],
)
def test_the_field_that_cannot_be_read_is_named(
    wrong: dict[str, Any], dialect: Dialect, name: str
) -> None:
    capsule = {"recvFrom": "h", "seqId": 1, **wrong}
    with pytest.raises((ValueError, KeyError, TypeError, OverflowError)):
        complete(capsule, dialect)
    assert faulty_identity_field(capsule, dialect) == name
