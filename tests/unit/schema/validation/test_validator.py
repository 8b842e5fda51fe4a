"""jsonschema-rs on translated schemas and `jsonschema` on the schema as written agree."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elfaust.errors import EventFault, Unforeseen
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.drafts import DRAFT3, DRAFTS, Draft
from elfaust.schema.validation.validator import (
    CALM_NUMBER,
    CapsuleValidator,
    Validator,
    _compile_rust,
)

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
    if _compile_rust(schema, DRAFT3).is_valid(value):
        assert DRAFT3.python(schema).is_valid(value)


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
    assert _compile_rust(schema, draft).is_valid(value) == draft.python(schema).is_valid(value)


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


NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = NUMBER | st.sampled_from(
    [CALM_NUMBER, CALM_NUMBER + 1, -CALM_NUMBER - 1, 2**63, 2**64, 10**300, 1e39, -1e300]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3) | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)


def is_calm(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(is_calm, value.values() if isinstance(value, dict) else value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number or -CALM_NUMBER <= value <= CALM_NUMBER


@given(
    st.sampled_from([DRAFT3, *NEWER]),
    st.dictionaries(st.sampled_from("abc"), ANYTHING, max_size=3),
    st.fixed_dictionaries({}, optional={"seqId": st.integers(), "timestamp": NUMBER}),
)
def test_what_is_said_to_be_calm_has_no_number_that_passes(
    draft: Draft, event: dict[str, Any], fields: dict[str, Any]
) -> None:
    schema = {"$schema": uri(draft), "additionalProperties": True}
    calm = CapsuleValidator(schema, LATEST).validate({**CAPSULE, **fields, "event": event})
    assert calm == (is_calm(event) and is_calm(fields))


ALL = pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])
ITSELF = {"$ref": "#"}


def nested(levels: int, leaf: Any = "x") -> Any:
    for _ in range(levels):
        leaf = {"a": leaf}
    return leaf


def in_two_ways(draft: Draft) -> dict[str, Any]:
    """A schema that comes to itself in two ways: steps double at each level."""
    ways = {"type": [ITSELF, {"extends": ITSELF}]} if draft is DRAFT3 else {"anyOf": [ITSELF] * 2}
    return {"$schema": uri(draft), "type": "object", "properties": {"a": ways}}


@ALL
def test_a_schema_whose_steps_multiply_is_judged_within_a_bound(draft: Draft) -> None:
    started = process_time()
    refused = fault(in_two_ways(draft), nested(38))
    # Without a bound it takes longer than anybody lives.
    assert process_time() - started < 10
    assert (refused.code, refused.path) == ("validation", "$.event")
    assert refused.message == "by its schema it takes more than 20,000 steps to judge it"
    assert fault(in_two_ways(draft), nested(38)).message == refused.message
    assert "20,000" not in fault(in_two_ways(draft), nested(3)).message


@ALL
def test_a_schema_whose_steps_multiply_takes_what_fits(draft: Draft) -> None:
    if draft is not DRAFT3:
        validator = CapsuleValidator(in_two_ways(draft), LATEST)
        validator.validate({**CAPSULE, "event": nested(38, {})})
    CapsuleValidator(in_two_ways(draft), LATEST).validate({**CAPSULE, "event": nested(4, {})})


@ALL
@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_patterns_of_properties_cost_no_time(draft: Draft, keyword: str) -> None:
    schema = {
        "$schema": uri(draft),
        "patternProperties": {"^(a+)+$": {"type": "string"}, "^(a+)+!$": {"type": "integer"}},
        keyword: False,
    }
    started = process_time()
    refused = fault(schema, {"a" * 40 + "!": "x"})
    assert process_time() - started < 10
    assert refused.message == "'x' is not of type 'integer'"


def test_a_pattern_that_gives_up_is_named_wherever_it_stands() -> None:
    pattern = {"pattern": "(a+)+\\1b$"}
    for schema in (pattern, {"disallow": [{"type": "string", **pattern}]}):
        refused = fault({"properties": {"a": schema}}, {"a": "a" * 3_000})
        assert "more than 100,000 steps for the pattern '(a+)+" in refused.message


def test_many_errors_count_and_the_worst_of_those_found_is_told() -> None:
    required = {str(n): {"required": True} for n in range(100)}
    schema = {"properties": {"l": {"items": {"type": "object", "properties": required}}}}
    started = process_time()
    refused = fault(schema, {"l": [{}] * 1_000})
    assert process_time() - started < 10
    assert "is a required property (and perhaps worse: to judge all of it" in refused.message


@ALL
@pytest.mark.parametrize(
    "endless",
    [
        ITSELF,
        {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}},
        {"properties": {"a": {"dependencies": {"b": {"$ref": "#/properties/a"}}}}},
    ],
)
def test_a_schema_that_judges_a_value_by_itself_is_unfit(
    draft: Draft, endless: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="without end"):
        CapsuleValidator({"$schema": uri(draft), **endless}, LATEST)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (
            {"pattern": "*abc"},
            r"\$.properties.a.pattern: '\*abc' cannot be judged by: .* no pattern",
        ),
        ("string", r"\$.properties.a: 'string' is no schema"),
        (None, r"\$.properties.a: None is no schema"),
        ({"minLength": "5"}, r"\$.properties.a.minLength"),
        ({"divisibleBy": 0}, r"\$.properties.a.divisibleBy"),
        ({"enum": 5}, r"\$.properties.a.enum"),
        ({"items": {"extends": [5]}}, r"\$.properties.a.items.extends"),
        ({"$ref": 5}, "no reference"),
        ({"$ref": "#/description"}, "no schema"),
    ],
)
def test_a_draft_3_schema_on_which_the_judge_stumbles_is_unfit(broken: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CapsuleValidator({"description": "", "properties": {"a": broken}}, LATEST)


@pytest.mark.parametrize(
    "sloppy",
    [
        {"type": "strin"},
        {"type": "string", "minlength": "5"},
        {"type": ["string", "nul"]},
        {"type": "string", "required": "true"},
        {"enum": []},
        {"items": [], "dependencies": {"b": []}},
        {"anyOf": 7, "const": 5},
    ],
)
def test_a_draft_3_schema_that_no_draft_allows_judges_what_it_can(sloppy: dict[str, Any]) -> None:
    validator = CapsuleValidator({"properties": {"a": sloppy, "b": {"type": "string"}}}, LATEST)
    if "required" not in sloppy:
        validator.validate({**CAPSULE, "event": {"b": "x"}})


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


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "a", "string", "object", "#", "#/properties/a", "^(a+)+$", "*", "\ud800"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                """a $ref $schema $id id type properties patternProperties additionalProperties
                items additionalItems extends disallow dependencies required pattern enum minimum
                divisibleBy uniqueItems anyOf allOf oneOf not if then const contains propertyNames
                $defs $dynamicRef $recursiveRef $anchor $dynamicAnchor unevaluatedProperties format
                definitions default minLength dependentSchemas unevaluatedItems""".split()  # noqa: SIM905
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@ALL
@settings(max_examples=200)
@given(
    schema=st.dictionaries(
        st.sampled_from(["properties", "extends", "anyOf", "items", "dependencies", "$ref"]), JSON
    ),
    of_a=JSON,
    events=st.lists(JSON, min_size=1, max_size=3),
)
def test_any_json_is_a_schema_or_a_value_error_and_any_event_has_one_verdict(
    draft: Draft, schema: dict[str, Any], of_a: Any, events: list[Any]
) -> None:
    schema = {**schema, "$schema": uri(draft)}
    if isinstance(schema.setdefault("properties", {}), dict):
        schema["properties"]["a"] = of_a
    try:
        validator = CapsuleValidator(schema, LATEST)
    except ValueError:
        return
    for event in [*events, {"a": events[0]}]:
        assert verdict(validator, event) == verdict(CapsuleValidator(schema, LATEST), event)


def verdict(validator: CapsuleValidator, event: Any) -> tuple[str, str] | None:
    try:
        validator.validate({**CAPSULE, "event": event})
    except Unforeseen as ours:
        raise ours.error from ours
    except EventFault as refused:
        return refused.path, refused.message
    return None


@pytest.mark.parametrize("pattern", ["(?x) a b", "*a", "a(?#c)"])
def test_a_pattern_of_names_that_is_none_makes_a_schema_unfit(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no pattern"):
        CapsuleValidator({"patternProperties": {pattern: {}}}, LATEST)


def test_patterns_of_names_that_are_none_together_make_a_schema_unfit() -> None:
    with pytest.raises(ValueError, match="is no pattern"):
        CapsuleValidator({"patternProperties": {"b": {}, "(?i)a": {}}}, LATEST)
