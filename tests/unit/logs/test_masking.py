"""No address and no user agent of a client gets into a log; those of servers do."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.logs.masking import ADDRESS, AGENT, hosts_of, masked
from elfaust.settings import Settings

LINE = "?%7B%7D;\tcp1050.eqiad.wmnet\t400820\t2020-09-13T12:28:37\t10.64.70.240\tGooglebot/2.1 (+x)"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/4"


@pytest.mark.parametrize("text", [LINE, repr(LINE), repr(LINE.encode()), f"bad line {LINE!r}, see"])
def test_a_raw_line_has_neither(text: str) -> None:
    shown = masked(text)
    assert "10.64.70.240" not in shown
    assert "Googlebot" not in shown
    assert "cp1050.eqiad.wmnet" in shown
    assert "2020-09-13T12:28:37" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from 203.0.113.9.", f"from {ADDRESS}."),
        ("'2001:db8::7'", f"'{ADDRESS}'"),
        ("2001:db8:0:0:0:0:0:7", ADDRESS),
        (f"'{CHROME}'", f"'{AGENT}'"),
        (
            f'{{"userAgent": "curl", "b": "{CHROME}"}}',
            f'{{"userAgent": "{AGENT}", "b": "{AGENT}"}}',
        ),
        ("1.2.3.4\tMediaWiki/1.27\tx", f"{ADDRESS}\t{AGENT}\tx"),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Kafka 10.64.0.5:9092 is not available",
        "at 12:28:37, 2020-09-13 12:28:37,123",
        "version 1.2.3.4.5, 1.2.3, 999.1.1.1",
        "File elfaust/a.py, line 3, in f (x)",
        "std::vector a::b:: [^---Agent: elfaust.workers.attach.at[.]take]",
        "uuid aa:bb:cc",
    ],
)
def test_what_stays(text: str) -> None:
    assert masked(text) == text


V4, V6 = "203.0.113.77", "2001:db8:85a3::8a2e:370:7334"


@pytest.mark.parametrize(
    "around",
    [
        *(
            "ip:{}",
            "ip={}",
            "ip_{}",
            "ip-{}",
            "a.{}.",
            "X-Forwarded-For: {0}, {0}",
            "[{}]",
            "{}/24",
        ),
        *("\x1b[31m{}\x1b[0m", "\\x00{}", "\\xff{}\\x00", "\\u0022{}\\u0022", "%22{}%22", "%3A{}"),
        *("\\n{}", "'\\\\\"{}\\\\\"'", "\u00a0{}\u00a0", "ü {} ü", "{}_1", "{}%eth0"),
    ],
)
def test_an_address_is_masked_whatever_stands_around_it(around: str) -> None:
    for address in (V4, V6, "::ffff:203.0.113.77", "fe80::1"):
        shown = masked(around.format(address))
        assert address not in shown
        assert V4 not in shown
    assert "85a3" not in masked(quote(around.format(V6)))


AGENTS = ("SecretBrowser", "curl/7 Secret", 'M/5.0 (X; it\'s "me") Secret/1.0', "Mö/5 (Ü) Secret/1")


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_is_masked_to_its_end_however_often_it_is_quoted(agent: str) -> None:
    text = json.dumps({"userAgent": agent, "b": 1})
    for shown in (text, json.dumps(text), repr(text), repr(text.encode()), quote(text)):
        assert "Secret" not in masked(shown)
    line = f"?x;\tcp1\t1\t2020-09-13T12:26:40\t-\t{agent}"
    for shown in (line, repr(line), repr(line.encode()), f"User-Agent: {agent}"):
        assert "Secret" not in masked(shown)


def test_what_is_no_agent_stays_behind_its_key() -> None:
    for text in ('"userAgent": {"browser_family": "x"}', "'userAgent' is a required property"):
        assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    ['"', ":", "1.", "1:", "\\", "%22", "a/1 (", "\\u0000", "T12:12:12\t", 'userAgent:"', "a::b "],
)
def test_no_text_takes_long_to_mask(text: str) -> None:
    began = time.process_time()
    masked((text * 8_192)[:8_192])
    assert time.process_time() - began < 1


def test_hosts_of_the_settings_stay() -> None:
    base = Settings()
    settings = replace(base, mysql=replace(base.mysql, host="10.64.9.9"))
    settings = replace(settings, web=replace(base.web, host="2001:db8::9"))
    text = "MySQL 10.64.9.9 on 127.0.0.1, not 10.64.9.8; [2001:db8::9]:6066"
    assert masked(text, hosts_of(settings)) == text.replace("10.64.9.8", ADDRESS)


@settings(max_examples=50)
@given(st.ip_addresses().map(str), st.sampled_from(["client %s", "('%s')", '{"ip":"%s"}', "%s\tx"]))
def test_any_address_is_masked(address: str, text: str) -> None:
    assert masked(text % address).startswith(text.partition("%s")[0] + ADDRESS)


AS_BROWSERS_SEND = quote('{"ua":"Mozilla/5.0 (Windows NT 10.0) Secret/1","ip":"10.1.2.3","n":1}')


@pytest.mark.parametrize(
    "text",
    [
        f"?{AS_BROWSERS_SEND};",
        f"?{quote(AS_BROWSERS_SEND)};",
        "?" + "".join(f"%{ord(letter):02x}" for letter in "10.1.2.3") + ";",
        "?" + "".join(f"%{ord(letter):02X}" for letter in "fe80::1:2") + ";",
        "a \\u0031\\u0030.1.2.3 b",
        "a \\x31\\x30.1.2.3 b",
        "?%22Mozilla%2F5.0+(X11%3B+Linux)+Secret%2F1%22;",
    ],
)
def test_what_an_encoding_hides_is_masked(text: str) -> None:
    found = masked(text)
    assert "<address>" in found or "<user agent>" in found
    for secret in ("10.1.2.3", "fe80", "Secret", "Windows", "%31%30", "\\u0031"):
        assert secret not in unquote(unquote(found))
    assert masked(found) == found


def test_what_hides_nothing_stays_as_it_is_encoded() -> None:
    text = "?%7B%22a%22%3A%22%C3%A9+b%22%7D; caf\\u00e9 100%25"
    assert masked(text) == text
