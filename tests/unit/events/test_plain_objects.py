"""Plain server-side lines are read with their host and time; what is not plain is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from elfaust.events.lines import LineParser
from elfaust.events.plain_lines import PlainLine
from elfaust.events.plain_objects import SERVER_FORMAT, PlainObjects
from elfaust.schema.dialect import DIALECTS
from elfaust.settings import Settings

LINES = {name: PlainObjects(dialect, 1_000, 100) for name, dialect in DIALECTS.items()}
GIVEN = {
    "schema": "A",
    "revision": 1,
    "recvFrom": "mw1",
    "timestamp": 1_600_000_000,
    "clientValidated": True,
    "event": {"t": "é"},
}


def line(before: str = "7 EventLogging ", **others: Any) -> bytes:
    given = {name: of for name, of in {**GIVEN, **others}.items() if of is not ...}
    return f"{before}{json.dumps(given, separators=(',', ':'))}".encode()


def test_the_format_is_that_of_the_settings() -> None:
    assert Settings().processor.server_format == SERVER_FORMAT


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plain_line_is_read_without_what_is_dropped(dialect: str) -> None:
    found = LINES[dialect].read(line())
    assert isinstance(found, PlainLine)
    assert found.given == {name: of for name, of in GIVEN.items() if name != "clientValidated"}
    assert (found.host, found.number, found.agent.sent) == (b"mw1", b"7", None)


@pytest.mark.parametrize(
    ("dialect", "fields", "identity"),
    [
        ("2018", {}, b"dt=2020-09-13T12:26:40Z"),
        ("2018", {"dt": "2020-01-01T00:00:00+01:00"}, b"dt=2020-01-01T00:00:00+01:00"),
        ("2015", {}, b"timestamp=1600000000"),
        ("2015", {"timestamp": 1_600_000_000_123}, b"timestamp=1600000000"),
    ],
)
def test_the_uuid_is_made_of_the_time_that_the_event_gives(
    dialect: str, fields: dict[str, Any], identity: bytes
) -> None:
    found = LINES[dialect].read(line(**fields))
    assert isinstance(found, PlainLine)
    assert found.moment.identity == identity


def test_an_event_begins_with_its_number_and_ends_with_its_uuid() -> None:
    found = LINES["2018"].read(line())
    assert isinstance(found, PlainLine)
    event = json.loads(LINES["2018"].event(found, b'{"schema":"A"}'))
    assert list(event) == ["seqId", "schema", "uuid"]
    assert event["seqId"] == 7
    assert len(event["uuid"]) == 32


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        line("07 EventLogging "),
        line("9" * 19 + " EventLogging "),
        line("7 Eventlogging "),
        line("7  EventLogging "),
        line() + b" ",
        line() + "é".encode(),
        b"7 EventLogging [1]",
        line(dt="2020-01-01T00:00:00." + "0" * 40),
        line(event={"t": 10**19}),
        line(event={"t": "x" * 1_000}),
    ],
)
def test_what_is_not_plain_is_left_alone(sent: bytes) -> None:
    assert LINES["2018"].read(sent) is None


@pytest.mark.parametrize(
    "sent",
    [
        line(seqId=1),
        line(uuid="a"),
        line(userAgent="a"),
        line(recvFrom=5),
        line(recvFrom=...),
        line(timestamp=...),
        line(timestamp=1.5),
        line(timestamp=True),
        line(timestamp=-62_000_000_000),
        line(dt=""),
        line(dt="2020-02-30T00:00:00Z"),
    ],
)
def test_what_is_not_plain_in_its_json_is_the_capsule(sent: bytes) -> None:
    found = LINES["2018"].read(sent)
    assert isinstance(found, dict)
    expected = LineParser(SERVER_FORMAT).parse(sent)
    assert list(found.items()) == list(expected.items())


@pytest.mark.parametrize("fields", [{"clientIp": "a"}, {"dt": "2020-01-01T00:00:00Z"}])
def test_what_only_2015_takes_apart_is_the_capsule(fields: dict[str, Any]) -> None:
    assert LINES["2015"].read(line(**fields)) == LineParser(SERVER_FORMAT).parse(line(**fields))


def test_what_is_no_json_or_of_no_calendar_raises() -> None:
    for sent in (b"7 EventLogging {", line(timestamp=10**17)):
        with pytest.raises(ValueError, match=r"."):
            LINES["2018"].read(sent)
