"""Lines and schemas made to break something, and what must become of each.

All lines come in at `RECEIVED`. `@seq@` in a line is its own number, of which its uuid is made.
"""

from __future__ import annotations

import itertools
import json
import string
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

#: Milliseconds since the epoch: 2020-09-13T12:26:40Z.
RECEIVED = 1_600_000_000_000
NOW = "2020-09-13T12:26:40"
LONG_NAME = "L" * 60


class Case(NamedTuple):
    """A line, and what must become of it.

    `code` is that of its EventError, empty for an event of which `event` is a part wherever it is
    stored. `sinks` are those that refuse an event, code `consumer`, where the processor does not.
    `says` must be in the message, `path` is that of the fault; `dt` that of the stored row.
    """

    name: str
    line: bytes
    code: str = ""
    says: str = ""
    path: str = ""
    key: tuple[str, int] = ("Probe", 1)
    event: Mapping[str, Any] = MappingProxyType({})
    sinks: tuple[str, ...] = ()
    dt: str = ""


def capsule(event: str, schema: str = "Probe", revision: int = 1, more: str = "") -> str:
    """Return a capsule as JSON text around an event that may be no JSON."""
    return (
        f'{{"event":{event},"schema":{json.dumps(schema)},"revision":{revision},'
        f'"webHost":"w","wiki":"w"{more}}}'
    )


def line(text: str | bytes, dt: str = NOW, agent: bytes = b"-", escaped: bool = False) -> bytes:
    """Return a client-side line of JSON text, which is percent-encoded unless it is already."""
    given = text.encode() if isinstance(text, str) else text
    query = given if escaped else quote(given, safe='{}[]":,').encode()
    return b"?%s;\tcp1\t@seq@\t%s\t::1\t%s" % (query, dt.encode(), agent)


def text_of(escaped: str) -> bytes:
    """Return a line whose event's text is percent-encoded already."""
    return line(capsule(f'{{"text":"{escaped}"}}').replace(" ", "%20"), escaped=True)


def times() -> list[Case]:
    """Row 14: times that are far off, in another unit, or none."""
    moments = {
        "of 1970": "1970-01-01T00:00:00",
        "of 9999": "9999-12-31T23:59:59",
        "an hour ahead": "2020-09-13T13:26:40",
        "an hour behind": "2020-09-13T11:26:40",
    }
    plain = '{"text":"a"}'
    return [
        *(Case(f"time {n}", line(capsule(plain), dt), dt=f"{dt}Z") for n, dt in moments.items()),
        Case(
            "timestamp in ms, dt empty",
            line(capsule(plain, more=f',"dt":"","timestamp":{RECEIVED}')),
            dt=f"{NOW}Z",
        ),
        Case(
            "dt in ms",
            line(capsule(plain, more=f',"dt":"{RECEIVED}"')),
            "consumer",
            "is not a valid time",
            "$.dt",
        ),
    ]


def sizes() -> list[Case]:
    """Rows 17 and 18: large lines, many keys, long messages, deep nesting."""
    short = itertools.islice(itertools.product(string.ascii_letters, repeat=3), 100_000)
    keys = ",".join(f'"{"".join(key)}":0' for key in short)
    deep = {levels: "[" * (levels - 2) + "]" * (levels - 2) for levels in (40, 41, 5_000)}
    return [
        Case(
            "10 MB",
            line(capsule("{}")) + b"x" * 10_000_000,
            "processor",
            "processor.max_line_bytes, 1000000",
        ),
        Case(
            "100,000 keys", line(capsule(f'{{"open":{{{keys}}}}}')), "processor", "max_keys, 1000"
        ),
        Case(
            "bad 100 KB value",
            line(capsule(f'{{"whole":"{"x" * 100_000}"}}')),
            "validation",
            "'xxx",
            "$.event.whole",
        ),
        Case("40 levels", line(capsule(f'{{"open":{deep[40]}}}'))),
        *(
            Case(f"{n} levels", line(capsule(f'{{"open":{deep[n]}}}')), "processor", "40 levels")
            for n in (41, 5_000)
        ),
    ]


def numbers() -> list[Case]:
    """Row 19: what is not a number in JSON, and integers beyond 64 bits."""
    return [
        *(
            Case(n, line(capsule(f'{{"real":{n}}}')), "processor", n, "$.event.real")
            for n in ("NaN", "Infinity", "1e400")
        ),
        *(
            Case(str(n), line(capsule(f'{{"whole":{n}}}')), "consumer", "64 bits", "$.event.whole")
            for n in (2**63, 2**64, -(2**63) - 1)
        ),
        Case("2^63-1", line(capsule(f'{{"whole":{2**63 - 1}}}')), event={"whole": 2**63 - 1}),
    ]


def texts() -> list[Case]:
    """Row 20: the corners of JSON, UTF-8 and percent-encoding."""
    kept = {
        "NUL escaped": ("a\\u0000b", "a\0b"),
        "pair of surrogates": ("\\ud83d\\ude00", "\U0001f600"),
        "emoji": ("%F0%9F%98%80", "\U0001f600"),
        "escape cut": ("a%2", "a%2"),
        "escape of no byte": ("a%zz", "a%zz"),
        "plus": ("a+b", "a b"),
        "plus escaped": ("a%2Bb", "a+b"),
    }
    refused = {
        "NUL": "a%00b",
        "lone surrogate": "\\ud800",
        "CESU-8": "%ED%A0%BD%ED%B8%80",
        "bad UTF-8": "a%FFb",
    }
    return [
        Case("key twice", line(capsule('{"text":"a","text":"b"}')), event={"text": "b"}),
        *(Case(n, text_of(sent), event={"text": got}) for n, (sent, got) in kept.items()),
        *(Case(n, text_of(sent), "processor") for n, sent in refused.items()),
        Case("BOM", line(b"\xef\xbb\xbf" + capsule("{}").encode()), "processor"),
    ]


def agents() -> list[Case]:
    """Row 21: user agents that are long, have control bytes, or make a regex go back and forth."""
    given = {
        "10 KB": b"Mozilla/5.0 " + b"x" * 10_000,
        "control bytes": b"Mozilla/5.0 \x01\x02\x1b[31m\x7f",
        "blow-up": b"Mozilla/5.0 (Linux; Android " + b"4.4.4 ; " * 90 + b" Build/",
    }
    return [
        Case(f"agent, {n}", line(capsule('{"text":"a"}'), agent=a), event={"text": "a"})
        for n, a in given.items()
    ]


def names() -> list[Case]:
    """Row 22: schema names that are no names."""
    fetched = ["../../etc/passwd", "..", "Probe/1"]
    refused = ["Probe\n", "N" * 64, "", "x'; DROP TABLE Probe_1; --", "Probe`"]
    return [
        Case(f"name {n!r}", line(capsule("{}", n)), code, says, "$.schema", key=(n, 1))
        for code, says, found in (
            ("processor", "Schema fetch", fetched),
            ("validation", "Invalid schema name", refused),
        )
        for n in found
    ]


ODD = {
    "a`; DROP TABLE Probe_1; --": "string",
    "uuid": "string",
    "select": "string",
    "order": "integer",
    "50% off": "string",
    "values (%s)": "string",
}
SENT_ODD = {name: 1 if kind == "integer" else "x" for name, kind in ODD.items()}
WIDE = {f"p{number}": {"type": "integer"} for number in range(2_000)}
TEXT = {"properties": {"text": {"type": "string"}}}
DRAFT7 = "http://json-schema.org/draft-07/schema#"


def bomb() -> dict[str, Any]:
    """Return a schema whose references double 24 times."""
    parts: dict[str, Any] = {
        f"l{n}": {"allOf": [{"$ref": f"#/definitions/l{n + 1}"}] * 2} for n in range(24)
    }
    return {
        "$schema": DRAFT7,
        "definitions": {**parts, "l24": {}},
        "allOf": [{"$ref": "#/definitions/l0"}],
    }


def schemas(remote: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the schemas of the cases; `remote` is the URL of a server that must not be asked."""
    kinds = {"text": "string", "whole": "integer", "real": "number", "open": "any"}
    refers = {"Remote": f"{remote}/schema.json", "File": "file:///etc/hostname"}
    return {
        ("Probe", 1): {"properties": {name: {"type": kind} for name, kind in kinds.items()}},
        ("Foo_Bar", 1): TEXT,
        ("Foo-Bar", 1): TEXT,
        (LONG_NAME, 12345): TEXT,
        ("Odd", 1): {"properties": {name: {"type": kind} for name, kind in ODD.items()}},
        ("Wide", 1): {"properties": WIDE},
        ("Bomb", 1): bomb(),
        ("Pattern", 1): {"properties": {"text": {"type": "string", "pattern": "^(a+)+$"}}},
        **{
            (name, 1): {"$schema": DRAFT7, "properties": {"text": {"$ref": url}}}
            for name, url in refers.items()
        },
    }


def of_schemas() -> list[Case]:
    """Rows 15 and 23 to 27: schemas that are unknown, share a table or would harm their judge."""

    def case(name: str, key: tuple[str, int], *rest: Any, event: Any = None, **more: Any) -> Case:
        sent = json.dumps(event or {"text": "x"}).replace(" ", "%20")
        made = Case(name, line(capsule(sent, *key), escaped=True), *rest, **more)
        return made._replace(key=key)

    evil = {"text": "a" * 40 + "b"}
    return [
        case("unknown", ("Unknown", 1), "processor", "not in the repository"),
        case("unknown revision", ("Probe", 2), "processor", "not in the repository"),
        case("first of a table", ("Foo_Bar", 1), event={"text": "x"}),
        case(
            "second of a table",
            ("Foo-Bar", 1),
            "consumer",
            "Foo_Bar 1, not of Foo-Bar 1",
            sinks=("mysql",),
        ),
        case("long table", (LONG_NAME, 12345), "consumer", "64 characters"),
        Case(
            "odd names", line(capsule(json.dumps(SENT_ODD), "Odd")), key=("Odd", 1), event=SENT_ODD
        ),
        Case(
            "2,000 columns",
            line(capsule('{"p0":1}', "Wide")),
            "consumer",
            "columns",
            key=("Wide", 1),
        ),
        case("reference bomb", ("Bomb", 1), "processor", "10000 parts"),
        case("remote reference", ("Remote", 1), "processor", "is not looked up"),
        case("reference to a file", ("File", 1), "processor", "is not looked up"),
        case("pattern", ("Pattern", 1), "validation", "does not match", "$.event.text", event=evil),
    ]


def all_cases() -> list[Case]:
    """Return all cases, a good line after each."""
    bad = [*times(), *sizes(), *numbers(), *texts(), *agents(), *names(), *of_schemas()]
    good = Case("good", line(capsule('{"text":"good"}')), event={"text": "good"}, dt=f"{NOW}Z")
    return [case for one in bad for case in (one, good)]
