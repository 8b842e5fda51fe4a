"""What stopped a role once, or lost an event: lines, records, schemas and tables, and what becomes
of each. test_field_cases.py has those that others have reported.

`@seq@` in a line is its own number, of which its uuid is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from elfaust.settings import Processor
from tests.integration.bad_inputs import DRAFT7, RECEIVED, line

INTEGER, STRING = {"type": "integer"}, {"type": "string"}
STAMP = {"properties": {"timestamp": INTEGER}}
N = {"$ref": "#/definitions/n"}
EVIL = "^(a+)+$"
#: Kafka's largest time, ms.
END_OF_KAFKA = 2**63 - 1


class Hostile(NamedTuple):
    """A raw record and what must become of it.

    `code` is that of the processor's EventError, empty for an event; `sinks` are those that refuse
    the event, `says` is in the message of either. `row` is what the row of MySQL holds.
    """

    name: str
    line: bytes
    code: str = ""
    says: str = ""
    sinks: tuple[str, ...] = ()
    row: Mapping[str, Any] = MappingProxyType({})
    timestamp: int = RECEIVED
    headers: Sequence[tuple[str, bytes | None]] = ()
    is_server: bool = False


def sent(schema: str, event: Any, agent: bytes = b"-", **more: Any) -> bytes:
    """Return a client-side line; `more` is laid over its capsule."""
    return line(_text(schema, event, more), agent=agent)


def sent_by_server(schema: str, event: Any, **more: Any) -> bytes:
    """Return a server-side line."""
    given = {"recvFrom": "h", "dt": "2020-09-13T12:26:40Z", **more}
    return b"@seq@ EventLogging %s" % _text(schema, event, given).encode()


def _text(schema: str, event: Any, more: Mapping[str, Any]) -> str:
    capsule = {"event": event, "schema": schema, "revision": 1, "wiki": "w", "webHost": "w"}
    return json.dumps({**capsule, **more}, separators=(",", ":"))


def of_properties(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


PLAIN = of_properties(text=STRING, i=INTEGER, n={"type": "number"})
TREE = {
    "$schema": DRAFT7,
    "properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, "x": INTEGER},
    "additionalProperties": False,
}
WITH_ID = of_properties(a={"id": 5, **N}) | {"definitions": {"n": INTEGER}}
#: Schemas of which there can be no table, an event of each, and why.
NO_TABLE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "Space": ({"a ": STRING}, {"a ": "x"}, "ends with a space"),
    "Stamps": (
        {f"p{n}": STAMP for n in range(65)},
        {"p0": {"timestamp": 1}},
        "indexes are more than",
    ),
    "Integers": ({f"p{n}": INTEGER for n in range(966)}, {"p0": 1}, "InnoDB's page"),
    "Columns": ({f"p{n}": {} for n in range(1_011)}, {"p0": 1}, "columns"),
    "StampDefault": (
        {"timestamp": {**STRING, "default": "1970-01-01T00:00:00Z"}},
        {},
        "does not fit VARCHAR(14)",
    ),
}
#: Schemas by which nobody can judge.
NO_JUDGE = {
    "Endless": {"$schema": DRAFT7, "anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
}
#: What somebody does to a schema's table, and what elfaust says about it.
HELD = {
    "Check": ("ALTER TABLE Check_1 ADD CONSTRAINT few CHECK (event_i < 0)", "CHECK few"),
    "View": (
        "RENAME TABLE View_1 TO kept; CREATE VIEW View_1 AS SELECT * FROM kept",
        "is a view",
    ),
    "UsedUp": ("ALTER TABLE UsedUp_1 AUTO_INCREMENT = 2147483647", "column id has used"),
    "Unique": ("ALTER TABLE Unique_1 ADD UNIQUE mine (event_text)", "unique index mine"),
    "NotUnique": ("ALTER TABLE NotUnique_1 DROP KEY ix_uuid", "no unique index"),
    "Altered": ("ALTER TABLE Altered_1 MODIFY event_n FLOAT(7,2)", "float(7,2)"),
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "Plain": PLAIN,
    "WithId": WITH_ID,
    "WithIdDraft7": {"$schema": DRAFT7, **WITH_ID},
    "Tree": TREE,
    "Evil": {"patternProperties": {EVIL: INTEGER}},
    "EvilDraft7": {
        "$schema": DRAFT7,
        "patternProperties": {EVIL: INTEGER},
        "additionalProperties": False,
    },
    **{name: of_properties(**named) for name, (named, _, _) in NO_TABLE.items()},
    **NO_JUDGE,
    **dict.fromkeys(HELD, PLAIN),
}


def tree(levels: int, **leaf: Any) -> dict[str, Any]:
    """Return an event of so many levels."""
    return leaf if levels == 1 else {"a": tree(levels - 1, **leaf)}


def of_lines() -> Iterator[Hostile]:
    """Yield lines whose times, numbers, names or lengths no store can hold."""
    event, far = {"text": "a"}, "is not a valid time"
    yield Hostile(
        "before all years",
        sent("Plain", event, dt="0001-01-01T00:00:00+14:00"),
        "consumer",
        far,
    )
    revision = int("9" * 301)
    yield Hostile(
        "revision of 301 digits", sent("Plain", event, revision=revision), "processor", "fetch"
    )
    yield Hostile("a plain file", sent("LICENSE", event), "processor", "not in the repository")
    yield Hostile(
        "timestamp of 401 digits",
        sent("Plain", event, dt="", timestamp=10**400),
        "processor",
        "401 digits",
    )
    yield Hostile(
        "seqId of 400 digits", sent("Plain", event, seqId=10**399), "processor", "400 digits"
    )
    yield Hostile("seqId of 20 digits", sent("Plain", event, seqId=10**19), "consumer", "64 bits")
    yield Hostile(
        "agent of 1,024 characters of JSON", sent("Plain", event, b"WikipediaApp/" + b'"' * 700)
    )


def of_lengths() -> Iterator[Hostile]:
    """Yield a line that is too long, and the longest that is not."""
    yield Hostile("1.4 MB", sent("Plain", {"text": "x" * 1_400_000}), "processor", "max_line_bytes")
    bare = _numbered(sent("Plain", {"text": ""}))
    room = Processor().max_line_bytes - len(bare)
    longest = _numbered(sent("Plain", {"text": "x" * room}))
    yield Hostile("exactly max_line_bytes", longest, "consumer", "$.event.text: ")


def _numbered(text: bytes) -> bytes:
    return text.replace(b"@seq@", b"777777")


def of_records() -> Iterator[Hostile]:
    """Yield what Kafka carries beside a line: headers of our own name, times."""
    values = [b"other:5", b"other:5", b"h/f-0123456789ab:5", b"\xff:1", b"x:-1"]
    for number, value in enumerate(values):
        yield Hostile(
            f"source {value!r}, {number}",
            sent_by_server("Plain", {"text": "a"}),
            headers=[("source", value)],
            is_server=True,
        )
    times = (-1, 0, RECEIVED // 1000, 4_102_444_800_000, 253_402_300_800_000, END_OF_KAFKA)
    for time in times:
        yield Hostile(f"time {time}", sent("Plain", {"text": "a"}), timestamp=time)
        yield Hostile(f"time {time}, garbage", b"garbage", "processor", timestamp=time)


def of_schemas() -> Iterator[Hostile]:
    """Yield events of schemas that have no table, no judge, or make one work for ever."""
    for name, (_, event, why) in NO_TABLE.items():
        yield Hostile(name, sent(name, event), "consumer", why)
    for name in NO_JUDGE:
        yield Hostile(name, sent(name, {"a": "abc"}), "processor")
    for draft in ("", "Draft7"):
        yield Hostile(f"id beside $ref {draft}", sent(f"WithId{draft}", {"a": 5}))
        yield Hostile(f"evil {draft}", sent(f"Evil{draft}", {"a" * 40 + "!": 1}), "validation")
        yield Hostile(f"not evil {draft}", sent(f"Evil{draft}", {"a" * 40: 1}))
    for levels in (18, 30):
        yield Hostile(f"{levels} levels", sent("Tree", tree(levels, x=1)))
        bad = sent("Tree", tree(levels, x="no"))
        yield Hostile(f"{levels} bad levels", bad, "validation", "steps")


def of_tables() -> Iterator[Hostile]:
    """Yield events of the tables that are held; they have values that those tables would lose."""
    for name in HELD:
        for number in range(4):
            event = {"text": "same", "i": number, "n": 12345678.5}
            yield Hostile(f"{name}, {number}", sent(name, event), row={"event_i": number})


HOSTILE = [*of_lines(), *of_lengths(), *of_records(), *of_schemas(), *of_tables()]
#: What is no time, of lines of servers by the dialect of 2015.
NO_TIMES: tuple[Any, ...] = (True, None, 5, [], "yesterday")
HOSTILE_2015 = [
    Hostile(f"dt {t!r}", sent_by_server("Plain", {}, dt=t), "processor", is_server=True)
    for t in NO_TIMES
]
