"""Lines that the processor's own parser reads, whatever a client sends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.errors import SettingsError
from elfaust.events.lines import LineParser
from elfaust.events.parsing import read_capsule
from elfaust.intake.raw_lines import Client, RawLines
from elfaust.schema.dialect import DIALECTS

CLIENT = Client("192.0.2.7", "Mozilla/5.0 (X11)")
FORMATS = [dialect.client_format for dialect in DIALECTS.values()]
OTHER = "%q %l %n %D %o %{ip}i %u"
EVENT = {"schema": "Edit", "revision": 7, "event": {"a": "two words"}, "wiki": "w"}
MOMENT = 1_600_000_000.9
#: JSON that the processor takes: deeper and larger values have their own limits.
VALUES = st.integers(-(2**53), 2**53) | st.lists(st.text(st.characters(codec="utf-8")), max_size=3)
EVENTS = st.dictionaries(
    st.sampled_from(["schema", "revision", "event", "uuid", "é\u2028", "ip"]), VALUES
)


def beacon(capsule: Any) -> str:
    return quote(json.dumps(capsule)) + ";"


def test_a_line_is_that_of_varnishkafka() -> None:
    lines = RawLines(FORMATS[1], clock=lambda: MOMENT)
    query = beacon(EVENT)
    assert [lines.of_query(query, CLIENT).decode() for _ in range(2)] == [
        f'?{query}\t{lines.recv_from}\t{n}\t2020-09-13T12:26:40\t192.0.2.7\t"Mozilla/5.0 (X11)"'
        for n in (1, 2)
    ]


@given(
    text=st.sampled_from([*FORMATS, OTHER]),
    event=EVENTS,
    agent=st.text(),
    address=st.sampled_from(["::1", "10.0.0.1", "", "a b"]),
)
def test_the_processor_reads_the_very_event(
    text: str, event: dict[str, Any], agent: str, address: str
) -> None:
    lines, parser = RawLines(text), LineParser(text)
    of_event, of_query = (
        parser.parse(line)
        for line in (
            lines.of_event(event, Client(address, agent)),
            lines.of_query(beacon(event), Client(address, agent)),
        )
    )
    own = {key: value for key, value in event.items() if not _is_own(key, text)}
    for capsule in (of_event, of_query):
        assert {key: value for key, value in capsule.items() if key in own} == own
        assert "\t" not in capsule.get("userAgent", "")


def _is_own(key: str, text: str) -> bool:
    return key in RawLines(text)._taken or key in ("clientValidated", "isTruncated")


#: What aiohttp makes of an address: bytes that are no UTF-8 are half characters.
ADDRESSES = st.characters(min_codepoint=0x21, exclude_categories=["Cs"])
STRAY = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)


@given(query=st.text(ADDRESSES | STRAY))
def test_no_address_ends_a_field_of_its_line(query: str) -> None:
    lines = RawLines(FORMATS[1])
    line = lines.of_query(query, CLIENT)
    assert line.count(b"\t") == 5
    assert b"\n" not in line
    assert line.split(b"\t")[1] == lines.recv_from.encode()


@pytest.mark.parametrize("text", FORMATS)
@pytest.mark.parametrize("name", ["recvFrom", "seqId", "uuid", "dt", "timestamp", "userAgent"])
@pytest.mark.parametrize("escaped", [False, True])
def test_no_client_names_an_identity(text: str, name: str, escaped: bool) -> None:
    dialect = next(d for d in DIALECTS.values() if d.client_format == text)
    lines, parser = RawLines(text, clock=lambda: MOMENT), LineParser(text)
    stolen = {**EVENT, name: "stolen"}
    query = beacon(stolen)
    if escaped:
        query = query.replace(name[0], f"%5Cu00{ord(name[0]):02x}")
    for line in (lines.of_query(query, CLIENT), lines.of_event(stolen, CLIENT)):
        assert b"stolen" not in line
        capsule = read_capsule(parser, dialect, line).capsule
        assert capsule["recvFrom"] == lines.recv_from
        assert capsule["event"] == EVENT["event"]


def test_what_is_no_json_is_for_the_processor_to_refuse() -> None:
    lines = RawLines(FORMATS[1])
    assert lines.of_query("%7Bnot json;", CLIENT).startswith(
        b"?%7Bnot json;\t".replace(b" ", b"%20")
    )
    assert lines.of_query("[1]", CLIENT).startswith(b"?[1]\t")


def test_each_process_receives_by_a_name_of_its_own() -> None:
    names = {RawLines(FORMATS[1]).recv_from for _ in range(100)}
    assert len(names) == 100
    assert all(len(name.split()) == 1 for name in names)


def test_a_format_without_a_query_is_refused() -> None:
    with pytest.raises(SettingsError, match="has no %q"):
        RawLines("%{seqId}d EventLogging %j")
