"""What tests of validators build on: a capsule, drafts, the fault of an event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from elfaust.errors import EventFault
from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, DRAFTS, Draft

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


ALL = pytest.mark.parametrize("draft", [DRAFT3, *NEWER], ids=["03", *(d.name for d in NEWER)])

ITSELF = {"$ref": "#"}
