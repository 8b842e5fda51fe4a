"""jsonschema-rs on translated schemas and `jsonschema` on the schema as written agree."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfaust.dialect import LATEST
from elfaust.drafts import DRAFT3, DRAFTS, Draft
from elfaust.errors import EventFault
from elfaust.validation import CapsuleValidator, Validator, _compile

LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "integer", "number", "boolean", "any", "null", ["string", "integer"]]
        ),
        "required": st.booleans(),
        "enum": st.just(["a", 1, None]),
        "minimum": st.integers(-3, 3),
        "maximum": st.integers(-3, 3),
        "maxLength": st.integers(0, 3),
        "divisibleBy": st.integers(1, 3),
        "disallow": st.sampled_from(["string", ["integer", "null"]]),
    },
)
SCHEMA = st.recursive(
    LEAF,
    lambda inner: (
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from("ab"), inner),
            },
            optional={
                "additionalProperties": st.booleans(),
                "extends": inner,
                "required": st.booleans(),
            },
        )
        | st.fixed_dictionaries({"type": st.just("array"), "items": inner})
    ),
    max_leaves=6,
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text("ab", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


CAPSULE = {"schema": "Edit", "revision": 1, "wiki": "w", "uuid": "u", "recvFrom": "cp1"}
NEWER = [draft for draft in dict.fromkeys(DRAFTS.values()) if draft is not DRAFT3]
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}


def uri(draft: Draft) -> str:
    return next(uri for uri, named in DRAFTS.items() if named is draft)


def fault(schema: dict[str, Any], event: Any) -> EventFault:
    with pytest.raises(EventFault) as refused:
        CapsuleValidator(schema, LATEST).validate({**CAPSULE, "event": event})
    return refused.value


@given(SCHEMA, VALUE)
def test_what_the_fast_validator_takes_the_reference_takes(
    schema: dict[str, Any], value: Any
) -> None:
    fast = _compile(schema, DRAFT3)
    if fast is not None and fast.is_valid(value):
        assert DRAFT3.reference(schema).is_valid(value)


NEWER_LEAF = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "null", ["string", "boolean"]]),
        "enum": st.just(["a", 1, None]),
        "minimum": st.integers(-3, 3),
        "maxLength": st.integers(0, 3),
        "multipleOf": st.integers(1, 3),
        "not": st.just({"type": "string"}),
        "pattern": st.sampled_from(["^a", "b$"]),
    },
)
NEWER_SCHEMA = st.recursive(
    NEWER_LEAF,
    lambda inner: (
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.sampled_from("ab"), inner)},
            optional={
                "required": st.just(["a"]),
                "additionalProperties": st.booleans(),
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
            },
        )
        | st.fixed_dictionaries({"items": inner}, optional={"uniqueItems": st.booleans()})
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("draft", NEWER, ids=[draft.name for draft in NEWER])
@given(schema=NEWER_SCHEMA, value=VALUE)
def test_both_agree_in_newer_drafts(draft: Draft, schema: dict[str, Any], value: Any) -> None:
    fast = _compile(schema, draft)
    assert fast is not None
    assert fast.is_valid(value) == draft.reference(schema).is_valid(value)


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


@pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
def test_a_pattern_that_backtracks_costs_no_time(draft: Draft) -> None:
    schema = {"$schema": uri(draft), "properties": {"a": {"pattern": "^(a+)+$"}}}
    started = process_time()
    refused = fault(schema, {"a": "a" * 40 + "!"})
    # Python's own engine would take years.
    assert process_time() - started < 10
    assert refused.message.endswith("does not match '^(a+)+$'")
    assert refused.hint == "Send $.event.a so that it matches ^(a+)+$."


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


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"$schema": "http://example.org/mine"}, "is none of the drafts 03, 04"),
        ({"$schema": 7}, "is none of the drafts"),
        ({"$schema": uri(NEWER[2]), "type": "strin"}, "strin"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "is not looked up"),
        ({"properties": {"a": {"$ref": "http://127.0.0.1/x"}}}, "is not looked up"),
    ],
)
def test_a_schema_by_which_nobody_can_judge(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CapsuleValidator(schema, LATEST)


def test_a_broken_schema_is_said_to_be_broken() -> None:
    refused = fault({"properties": {"a": {"type": "strin"}}}, {"a": 1})
    assert "its schema cannot judge it" in refused.message
    assert refused.hint == "Mend the schema and publish it as a new revision."


def test_what_the_capsule_does_not_know_is_refused() -> None:
    with pytest.raises(EventFault) as refused:
        CapsuleValidator(OBJECT, LATEST).validate({**CAPSULE, "event": {}, "other": 1})
    assert "'other' was unexpected" in refused.value.message
