"""The official JSON Schema test suite: each of its cases as a property of an event.

What differs is in `DIFFERENT` and `OUT_OF_THE_SCHEMA`, and docs/reference.md, "Schemas", has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from elfaust.errors import EventFault
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from tests import DATA

SUITE = DATA / "json-schema-test-suite"
DRAFTS = {
    "draft3": "http://json-schema.org/draft-03/schema#",
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
#: Files of which some cases have another verdict, and why.
DIFFERENT = {
    "optional/content.json": "texts are not decoded, whatever contentEncoding says",
    "optional/dependencies-compatibility.json": "2019-09 and 2020-12 have no `dependencies`",
    "optional/format-assertion.json": "formats are not checked",
    "recursiveRef.json": "`#` is the event, never a part of its schema that has an $id",
    "vocabulary.json": "no part of a schema has a $schema of its own",
}
#: Why a schema is unfit here: its references lead out of it, or to an $id or anchor within.
OUT_OF_THE_SCHEMA = ("is not looked up", "leads nowhere in the schema")
#: Of each draft: cases with the suite's verdict, with another, and of schemas that are unfit here.
COUNTS = {
    "draft3": (445, 0, 12),
    "draft4": (676, 0, 34),
    "draft6": (878, 0, 57),
    "draft7": (960, 4, 67),
    "draft2019-09": (1259, 26, 96),
    "draft2020-12": (1272, 17, 126),
}
CAPSULE = {"schema": "Suite", "revision": 1, "wiki": "w", "uuid": "u", "recvFrom": "r"}


class Group(NamedTuple):
    """Cases of one schema."""

    file: str
    description: str
    schema: Any
    tests: list[dict[str, Any]]

    @property
    def refers_elsewhere(self) -> bool:
        """Whether it has references to other documents, or names for parts of itself."""
        text = json.dumps(self.schema)
        names = ('"id":', '"$id":', '"$anchor":', '"$dynamicAnchor":')
        return any(name in text for name in names) or '"$ref": "http' in text


def groups(draft: str) -> Iterator[Group]:
    for line in (SUITE / f"{draft}.jsonl").read_text().splitlines():
        yield Group(**json.loads(line))


def moved(schema: Any) -> Any:
    """Return a schema whose references start at the event's root, where it is the property `p`."""
    if isinstance(schema, list):
        return [moved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    new = {key: of if key in ("enum", "const") else moved(of) for key, of in schema.items()}
    for key in ("$ref", "$dynamicRef"):
        if isinstance(new.get(key), str) and (new[key] == "#" or new[key].startswith("#/")):
            new[key] = f"#/properties/p{new[key][1:]}"
    return new


def compiled(event: dict[str, Any]) -> tuple[CapsuleValidator | None, str]:
    try:
        return CapsuleValidator(event, LATEST), ""
    except ValueError as error:
        return None, str(error)


def is_valid(validator: CapsuleValidator, value: Any) -> bool:
    try:
        validator.validate({**CAPSULE, "event": {"p": value}})
    except EventFault:
        return False
    return True


@pytest.mark.parametrize("draft", DRAFTS)
def test_each_case_has_its_verdict(draft: str) -> None:
    same, other, unfit = 0, [], 0
    for group in groups(draft):
        event = {"$schema": DRAFTS[draft], "properties": {"p": moved(group.schema)}}
        validator, reason = compiled(event)
        if validator is None:
            assert any(known in reason for known in OUT_OF_THE_SCHEMA), (group, reason)
            assert group.refers_elsewhere, (group, reason)
            unfit += len(group.tests)
            continue
        for case in group.tests:
            if is_valid(validator, case["data"]) == case["valid"]:
                same += 1
            else:
                other.append((group.file, group.description, case["description"]))
    assert [case for case in other if case[0] not in DIFFERENT] == []
    assert (same, len(other), unfit) == COUNTS[draft]
