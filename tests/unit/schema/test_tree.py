"""Properties of a schema, of draft 3 and of newer ones."""

from __future__ import annotations

from elfaust.schema.tree import properties, types_of


def test_properties_are_walked_with_their_paths() -> None:
    schema = {
        "required": ["a"],
        "properties": {
            "a": {"type": "array", "items": {"properties": {"id": {"required": True}}}},
            "b": {"$ref": "#/definitions/b"},
        },
        "definitions": {"b": {"type": "string"}},
    }
    assert [(found.name, found.required) for found in properties(schema)] == [
        ("$.event.a", True),
        ("$.event.a[]", False),
        ("$.event.a[].id", True),
        ("$.event.b", False),
    ]


def test_types() -> None:
    assert types_of({}) == types_of({"type": ["any", "null"]}) == {"any"}
    assert types_of({"type": [{"type": "string"}]}) == {"any"}
    assert types_of({"type": ["string", "null"]}) == {"string", "null"}
