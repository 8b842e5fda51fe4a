"""What a schema takes and refuses, draft by draft, and how a fault is described."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.errors import EventFault
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, Draft
from elfaust.schema.validation.validator import Validator
from tests.unit.schema.validation.building import ALL, CAPSULE, NEWER, OBJECT, fault, uri


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        ({"type": "any"}, [1, "a", None], []),
        ({"type": ["string", "integer"]}, ["a", 1], [1.5, None]),
        ({"type": ["string", {"type": "object", "required": True}]}, ["a", {}], [1]),
        ({"divisibleBy": 0.5}, [1, 1.5], [1.25]),
        ({"extends": {"minimum": 2}}, [2], [1]),
        ({"disallow": ["string", "null"]}, [1], ["a", None]),
        ({"properties": {"a": {"required": True}}}, [{"a": 1}, 5], [{}]),
        ({"dependencies": {"a": "b"}}, [{"a": 1, "b": 1}, {}], [{"a": 1}]),
        ({"dependencies": {"a": {"minProperties": 2}}}, [{}], []),
        ({"minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer"}, [10**30, -(10**30)], [1e30, 1.5]),
    ],
)
def test_draft_3(schema: dict[str, Any], taken: list[Any], refused: list[Any]) -> None:
    validator = Validator(schema)
    for value in taken:
        validator.validate(value)
    for value in refused:
        with pytest.raises(EventFault):
            validator.validate(value)


@pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
def test_what_the_schema_does_not_name_is_refused(draft: Draft) -> None:
    schema = {"$schema": uri(draft), **OBJECT}
    refused = fault(schema, {"a": "x", "b": 1})
    assert refused.code == "validation"
    assert "'b' was unexpected" in refused.message
    assert refused.path == "$.event"
    CapsuleValidator({**schema, "additionalProperties": True}, LATEST).validate(
        {**CAPSULE, "event": {"b": 1}}
    )


@pytest.mark.parametrize(
    ("draft", "schema"),
    [
        (DRAFT3, {"properties": {"a b": {"type": "string", "required": True}}}),
        *((draft, {"type": "object", "required": ["a b"]}) for draft in NEWER),
    ],
)
def test_a_missing_property_is_named_by_its_own_path(draft: Draft, schema: dict[str, Any]) -> None:
    refused = fault({"$schema": uri(draft), **schema}, {})
    assert refused.message == "'a b' is a required property"
    assert refused.path == "$.event['a b']"
    assert refused.hint == "Send $.event['a b'], which the schema requires."


def test_the_path_and_the_hint_of_a_fault_deep_in_an_event() -> None:
    schema = {"properties": {"l": {"items": {"properties": {"n": {"type": "integer"}}}}}}
    refused = fault(schema, {"l": [{"n": 1}, {"n": "x"}]})
    assert refused.path == "$.event.l[1].n"
    assert refused.hint == "Send $.event.l[1].n as integer."


@pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
def test_references_within_the_schema_are_followed(draft: Draft) -> None:
    schema = {
        "$schema": uri(draft),
        "properties": {"a": {"$ref": "#/definitions/word"}},
        "definitions": {"word": {"type": "string"}},
    }
    CapsuleValidator(schema, LATEST).validate({**CAPSULE, "event": {"a": "x"}})
    refused = fault(schema, {"a": 1})
    assert (refused.message, refused.path) == ("1 is not of type 'string'", "$.event.a")


@pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
def test_an_event_that_is_missing_is_named(draft: Draft) -> None:
    with pytest.raises(EventFault) as refused:
        CapsuleValidator({"$schema": uri(draft), **OBJECT}, LATEST).validate(CAPSULE)
    assert (refused.value.message, refused.value.path) == (
        "'event' is a required property",
        "$.event",
    )


def test_what_the_capsule_does_not_know_is_refused() -> None:
    with pytest.raises(EventFault) as refused:
        CapsuleValidator(OBJECT, LATEST).validate({**CAPSULE, "event": {}, "other": 1})
    assert "'other' was unexpected" in refused.value.message


@pytest.mark.parametrize("required", [True, "true", 1, ["x"], {"a": 1}])
def test_required_is_what_python_takes_for_true(required: Any) -> None:
    assert fault({"properties": {"a": {"required": required}}}, {}).path == "$.event.a"


@ALL
def test_names_of_parts_change_nothing(draft: Draft) -> None:
    n = {"type": "integer"}
    named = {"id": "http://x/y", "$id": "http://x/z", "$schema": uri(NEWER[2])}
    within = named if draft is DRAFT3 else {"title": "t"}
    schema: dict[str, Any] = {
        "$schema": uri(draft),
        "definitions": {"n": n},
        "properties": {"default": {"$ref": "#/definitions/n", **within}, "o": {**within, **OBJECT}},
    }
    if draft is DRAFT3:
        schema["properties"]["default"]["id"] = 5
    CapsuleValidator(schema, LATEST).validate({**CAPSULE, "event": {"default": 5}})
    assert fault(schema, {"default": "x"}).path == "$.event.default"
