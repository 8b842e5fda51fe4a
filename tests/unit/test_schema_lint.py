"""What lint finds, and that it finds no error in the schemas that there are."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.registry import Registry, Schema
from elfaust.schema_lint import lint
from elfaust.settings import Settings
from elfaust.types import SchemaKey

KEY = SchemaKey("Word", 1)
FORMAT = "{schema}_{revision}"


def levels(
    event: dict[str, Any], *others: SchemaKey, key: SchemaKey = KEY
) -> list[tuple[str, str]]:
    return [
        (f.level, f.path) for f in lint(Schema(key, event), FORMAT, others) if f.level != "note"
    ]


def of(**given: Any) -> dict[str, Any]:
    return {"properties": {"a": given}}


def test_the_schemas_of_the_repository_have_no_error() -> None:
    registry = Registry(Settings().schemas)
    for key in registry.known():
        schema = registry.get(key)
        assert schema is not None
        assert not any(f.level == "error" for f in lint(schema, FORMAT, registry.known()))


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (of(type="string"), []),
        (of(type="string", default="x"), []),
        (of(type=["string", "null"]), []),
        (of(type="strin"), [("error", "$.event.a")]),
        (of(type="string", default=5), [("warning", "$.event.a")]),
        (of(type="integer", default=True), [("warning", "$.event.a")]),
        (of(type="array"), [("warning", "$.event.a")]),
        (of(type="object"), [("warning", "$.event.a")]),
        (of(type=["string", "integer"]), [("warning", "$.event.a")]),
        (of(), [("warning", "$.event.a")]),
        ({"properties": {"Select": {"type": "string"}}}, [("warning", "$.event.Select")]),
        ({"properties": {"a-b": {"type": "string"}}}, [("warning", "$.event.a-b")]),
        ({"properties": {"x" * 60: {"type": "string"}}}, [("error", "$")]),
        ({"properties": {"a": {"$ref": "http://x/y"}}}, [("error", "$")]),
        ({"$schema": "http://x/y"}, [("error", "$")]),
        (of(type="string", pattern="*abc"), [("error", "$")]),
        ({"properties": {"a": "string"}}, [("error", "$")]),
        ({"properties": {"a": None}}, [("error", "$")]),
        (of(**{"$ref": "#/properties/a"}), [("error", "$")]),
        (of(type="string", pattern="^(a+)+$"), []),
        (of(type="string", pattern="^(?!x)"), [("warning", "$.properties.a.pattern")]),
    ],
)
def test_what_hurts(event: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert set(found) <= set(levels(event))
    # What is an error of a property may be one of the whole as well: no table can be made.
    assert {f for f in levels(event) if f != ("error", "$")} == {f for f in found if f[1] != "$"}


def test_names_that_fold_together() -> None:
    event = {"properties": {"Word": {"type": "string"}, "word": {"type": "string"}}}
    assert ("error", "$") in levels(event)


def test_a_table_that_another_schema_has() -> None:
    key, other = SchemaKey("Foo-Bar", 1), SchemaKey("Foo_Bar", 1)
    [finding] = [
        f for f in lint(Schema(key, of(type="string")), FORMAT, [key, other]) if f.level == "error"
    ]
    assert finding.message == "Choose another name: Foo_Bar has the table Foo_Bar_1 already."


def test_a_wide_row_is_noted() -> None:
    event = {"properties": {f"p{n}": {"type": "string"} for n in range(30)}}
    notes = [f.message for f in lint(Schema(KEY, event), FORMAT, []) if f.path == "$"]
    assert any("strings are TEXT" in note for note in notes)


def test_a_schema_whose_steps_multiply_is_a_warning() -> None:
    itself = {"$ref": "#"}
    event = {"properties": {"a": {"type": [itself, {"extends": itself}]}}}
    assert ("warning", "$.properties.a") in levels(event)


def test_what_the_judge_stumbles_over_is_named_by_its_path() -> None:
    [finding] = lint(Schema(KEY, of(pattern="*abc")), FORMAT, [])
    assert finding.message.startswith("Nobody can judge by this schema: $.properties.a.pattern: ")
