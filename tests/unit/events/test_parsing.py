"""A line's capsule, why it has none, and the schema revision that it names."""

from __future__ import annotations

import pytest

from elfaust.errors import EventFault
from elfaust.events.parsing import Parsed, key_of, parse_line
from elfaust.events.plain_json import PlainJsonParser
from elfaust.records import SchemaKey
from elfaust.schema.dialect import LATEST

LINE = b'{"schema": "Edit", "revision": 7, "event": {}, "userAgent": "curl"}'


def test_a_capsule_is_complete_and_names_its_schema() -> None:
    found = parse_line(PlainJsonParser(100), LATEST, LINE, 1_000)
    assert isinstance(found, Parsed)
    assert (found.key, found.user_agent) == (SchemaKey("Edit", 7), "curl")
    assert len(found.capsule["uuid"]) == 32


@pytest.mark.parametrize(
    ("line", "code", "path"),
    [
        (LINE + b" " * 1_000, "processor", ""),
        (b"no JSON", "processor", ""),
        (LINE[:-1] + b', "seqId": "x"}', "processor", "$.seqId"),
        (LINE.replace(b"Edit", b"E dit"), "validation", "$.schema"),
    ],
)
def test_a_line_without_a_capsule_has_a_fault(line: bytes, code: str, path: str) -> None:
    found = parse_line(PlainJsonParser(100), LATEST, line, 1_000)
    assert isinstance(found, EventFault)
    assert (found.code, found.path) == (code, path)


@pytest.mark.parametrize(
    ("capsule", "code"),
    [
        ({"schema": "Edit"}, "validation"),
        ({"schema": "Edit", "revision": 0}, "validation"),
        ({"schema": "Edit", "revision": "7"}, "validation"),
        ({"schema": 5, "revision": 7}, "validation"),
        ({"schema": "a/b", "revision": 7}, "processor"),
        ({"schema": "Edit", "revision": True}, "processor"),
        ({"schema": "Edit", "revision": 2**63}, "processor"),
    ],
)
def test_what_names_no_schema_is_refused(capsule: dict[str, object], code: str) -> None:
    with pytest.raises(EventFault) as refused:
        key_of(capsule)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "revision", "path", "cause"),
    [
        ("Edit", True, "$.revision", "the revision is true or false, not a whole number"),
        ("Edit", 10**22, "$.revision", f"no schema has the revision {10**22}"),
        ("a/b", 7, "$.schema", 'no schema has the name "a/b"'),
    ],
)
def test_what_can_be_no_schema_is_told_as_such(
    name: str, revision: int, path: str, cause: str
) -> None:
    with pytest.raises(EventFault) as refused:
        key_of({"schema": name, "revision": revision})
    assert (refused.value.path, refused.value.cause) == (path, cause)
    assert "Publish" not in refused.value.hint
