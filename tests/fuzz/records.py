"""Raw lines of both kinds, whole, damaged and none, and the Kafka records that carry them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.fuzz.events import RAW, Raw, changed, event_of, json_text, odd
from tests.fuzz.words import FLOATS, INTEGERS, TEXTS, TIMES, anything, long_text, often

NOW_MS = 1_600_000_000_000
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:80.0) Gecko/20100101 Firefox/80.0", "-", "curl/7.1", "",
    "x" * 801, "WikipediaApp/2.7.50 (Android 10; Phone)", "MediaWiki/1.35", "\U0001f600" * 200,
    "a\\b\"c", "[" * 799, "Googlebot/2.1", "(" * 400, "Mozilla/5.0 \x7f\u0661",
]  # fmt: skip
#: What a field of the capsule may be given, besides anything.
FIELDS: dict[str, list[Any]] = {
    "dt": [*TIMES, *INTEGERS[:6], None, True],
    "timestamp": [*INTEGERS, *FLOATS, *TIMES[:4], None, True, "1600000000", -1, -62135596801, 1e17],
    "seqId": [*INTEGERS, *FLOATS, "5", "9" * 400, "9" * 5_000, "\u0661", " 5 ", "0x5", True],
    "recvFrom": [*TEXTS, 5, None, [], {}, True],
    "userAgent": [*AGENTS, *TEXTS[:9], {}, {"browser_family": 5}, {"is_bot": "yes"}, 5, None, []],
    "uuid": ["x" * 32, "x" * 31, 5, None, ""], "webHost": [*TEXTS, 5, None],
    "wiki": [*TEXTS, 5, None, {}], "ip": ["127.0.0.1", "", "x" * 1_025, 5],
    "clientIp": ["127.0.0.1", "x" * 200, 5], "topic": ["a", 5, "x" * 3_000],
    "schema": ["", "LICENSE", "..", "a/b", "../../etc", "a.b", "x" * 63, "x" * 64, 5, None, "a\0",
               "EventError", "\u00e9", "unknown"],
    "revision": [*INTEGERS, 10**300, True, False, None, "5", 1.0, 1.5, -1, 2**63 - 1],
    "clientValidated": [True, 5], "isTruncated": [False], "event": [None, 5, [], "x", "{}", {}],
    "extra": [1, {}, "x"], "\U0001f600": [1], "": [1],
}  # fmt: skip
#: Often left as they are, so that most events come to their schema.
RARE = frozenset(["schema", "revision", "extra", "", "\U0001f600", "event", "topic", "uuid"])
BYTES = [
    b"", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0", b"\t", b" ", b"%", b"%2", b"%zz", b"%00",
    b"%FF", b"+", b";", b"?", b"\r", b"\xc2\xa0", b"\xe2\x80\xa8", b"\\", b'"', b"}", b"{",
]  # fmt: skip
SOURCES: list[bytes | None] = [
    None, b"", b"x", b":", b"a:b", b"a:1", b"a:-1", b"a:" + b"9" * 19, b"a:" + b"9" * 400, b"a:1:2",
    b"\xff:1", b"x" * 400 + b":5", b"a: 5", b"a:+5", b"a:1_0", b"a:\xd9\xa1", b":5",
    b"eventlogging-client-side:7", b"host/name-0123456789ab:7", b"a:9223372036854775807",
    b"a:9223372036854775808", b"hdfs/x:3", b"\0:1",
]  # fmt: skip
KAFKA_TIMES = [
    -1, 0, 1, 1_600_000_000, NOW_MS + 86_400_000, NOW_MS * 10, 253_402_300_799_999,
    253_402_300_800_000, 2**63 - 1, -(2**63), -2, 10**12 - 1, 10**12, 10**15,
]  # fmt: skip


class Fetched(NamedTuple):
    """One record as a fetch brings it; the fields that elfaust may read of aiokafka's."""

    value: bytes | None
    offset: int
    timestamp: int = NOW_MS
    headers: tuple[tuple[str, bytes | None], ...] = ()
    key: bytes | None = None
    topic: str = "topic"
    partition: int = 0


class Sent(NamedTuple):
    """A schema revision that events are made of."""

    name: str
    revision: int
    schema: Any


def capsule(sent: Sent, of: random.Random) -> dict[str, Any]:
    """Return the capsule of an event, right more often than not."""
    event = event_of(sent.schema, of)
    for _ in range(of.choice([0, 0, 0, 0, 1, 2])):
        event = changed(event, of)
    made = {"schema": sent.name, "revision": sent.revision, "wiki": "enwiki", "event": event}
    if often(of, 0.5):
        made["webHost"] = "en.wikipedia.org"
    for _ in range(of.choice([0, 0, 0, 0, 1, 2])):
        field = of.choice([*FIELDS])
        if field not in RARE or often(of, 0.2):
            made[field] = odd(of) if often(of, 0.1) else of.choice(FIELDS[field])
    if often(of, 0.05):
        del made[of.choice([*made])]
    return made


def line(kind: str, year: str, number: int, made: Any, of: random.Random) -> bytes:
    """Return the line of a capsule in the format of a kind and year."""
    text = Raw(of.choice(RAW)) if often(of, 0.01) else json_text(made)
    if kind == "json":
        return text.encode("utf-8", "surrogatepass")
    digits = str(of.choice(INTEGERS)) if often(of, 0.03) else str(number)
    if kind == "server":
        return f"{digits} EventLogging {_escaped(text, of, ' ')}".encode("utf-8", "surrogatepass")
    moment = of.choice(TIMES) if often(of, 0.05) else "2020-09-13T12:26:40"
    agent = of.choice(AGENTS) if often(of, 0.2) else AGENTS[0]
    host = of.choice(TEXTS) if often(of, 0.03) else "cp1.example.org"
    address = "-" if often(of, 0.1) else "127.0.0.1"
    fields = [f"?{_percent(text, of)};", host, digits, moment, address, agent]
    return "\t".join(fields).encode("utf-8", "surrogatepass")


def _escaped(text: str, of: random.Random, blank: str) -> str:
    # A server-side event stands in the line without white space: escaped it says the same.
    return text.replace(blank, "\\u0020") if often(of, 0.98) else text


def _percent(text: str, of: random.Random) -> str:
    data = text.encode("utf-8", "surrogatepass")
    match of.randrange(8):
        case 0:
            return quote(data, safe="!'()*,-./:=@_~{}[]\"").replace("%20", "+")
        case 1:
            return "".join(f"%{byte:02x}" for byte in data[:4_000])
        case 2:
            return text.replace("%", "%25").replace(" ", "%20").replace("+", "%2B")
        case _:
            return quote(data, safe="!'()*,-./:=@_~")


def damaged(data: bytes, of: random.Random) -> bytes:
    """Return a line cut, torn, or with other bytes in it."""
    at = of.randrange(len(data) + 1)
    match of.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return of.randbytes(of.randrange(60))
        case 2:
            return b"".join((data[:at], of.choice(BYTES), data[at + of.randrange(3) :]))
        case 3:
            fields = data.split(b"\t")
            fields[of.randrange(len(fields))] = of.choice([b"", b"-", b"9" * 400, *BYTES])
            return b"\t".join(fields)
        case 4:
            return of.choice(BYTES) + data
        case _:
            return of.choice(
                [b"", b"?", b"?;", b"?{};\t\t\t\t\t", b"0 EventLogging {}", b"{}", data * 2]
            )


def raw_records(
    kind: str, year: str, sent: Sequence[Sent], count: int, of: random.Random
) -> list[Fetched]:
    """Return the records of a raw topic, in their order."""
    made = []
    for number in range(count):
        inner = capsule(of.choice(sent), of)
        if kind != "client":
            # What a client-side line has beside its JSON stands in that of a server-side one.
            host = {"recvFrom": "mw1", "timestamp": 1_600_000_000 + number, "userAgent": AGENTS[0]}
            inner = host | inner
        data: bytes | None = line(kind, year, number, inner, of)
        if often(of, 0.08) and data is not None:
            data = damaged(data, of)
        if often(of, 0.005):
            data = None
        if often(of, 0.003):
            data = long_text(of).encode() * 20
        made.append(enveloped(data, number, of))
    return made


def stray_records(sent: Sent, count: int, of: random.Random) -> list[Fetched]:
    """Return records that somebody else has put into the topic of a schema revision."""
    made = []
    for number in range(count):
        inner = {
            "uuid": f"{number:032x}",
            "dt": "2020-09-13T12:26:40Z",
            "recvFrom": "a",
            "seqId": number,
        }
        value = json_text(inner | capsule(sent, of)).encode("utf-8", "surrogatepass")
        choices = [
            value,
            value,
            value,
            damaged(value, of),
            json_text(anything(of)).encode("utf-8", "replace"),
            None,
        ]
        made.append(enveloped(of.choice(choices), number, of))
    return made


def enveloped(value: bytes | None, offset: int, of: random.Random) -> Fetched:
    """Return a record with headers, a key and a time, odd ones by chance."""
    headers: list[tuple[str, bytes | None]] = []
    while often(of, 0.15):
        headers.append(
            (of.choice(["source", "source", "userAgent", "", "a", "Source"]), of.choice(SOURCES))
        )
    time = of.choice(KAFKA_TIMES) if often(of, 0.06) else NOW_MS + 40 * offset
    key = of.choice([b"", b"\xff", b"x" * 1_000]) if often(of, 0.05) else None
    return Fetched(value, offset, time, tuple(headers), key)
