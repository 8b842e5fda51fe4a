"""What lint finds, and that it finds no error in the schemas that there are."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from elfaust.errors import SchemaUnfit
from elfaust.records import SchemaKey
from elfaust.schema.lint import lint
from elfaust.schema.lookup.registry import Registry, Schema
from elfaust.settings import Mysql, Settings
from elfaust.sinks.base import Store
from elfaust.sinks.mysql import ddl
from elfaust.sinks.mysql.ddl import create_table
from elfaust.sinks.stores import every_store

KEY = SchemaKey("Word", 1)
STORES = every_store(Settings()).values()


def stores(number: str) -> Collection[Store]:
    return every_store(replace(Settings(), mysql=Mysql(number=number))).values()


def levels(
    event: dict[str, Any], *others: SchemaKey, key: SchemaKey = KEY
) -> list[tuple[str, str]]:
    return [
        (f.level, f.path) for f in lint(Schema(key, event), others, STORES) if f.level != "note"
    ]


def of(**given: Any) -> dict[str, Any]:
    return {"properties": {"a": given}}


def test_the_schemas_of_the_repository_have_no_error() -> None:
    registry = Registry(Settings().schemas)
    for key in registry.known():
        schema = registry.get(key)
        assert schema is not None
        assert not any(f.level == "error" for f in lint(schema, registry.known(), STORES))


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
        *(
            ({"properties": {word: {"type": "string"}}}, [("warning", f"$.event.{word}")])
            for word in ("end", "int", "map", "local")
        ),
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
        f for f in lint(Schema(key, of(type="string")), [key, other], STORES) if f.level == "error"
    ]
    assert finding.message == "Choose another name: Foo_Bar has the table Foo_Bar_1 already."


def test_a_folder_that_another_schema_has() -> None:
    key, other = SchemaKey("foo", 1), SchemaKey("Foo", 1)
    [finding] = [
        f for f in lint(Schema(key, of(type="string")), [key, other], STORES) if f.level == "error"
    ]
    assert finding.message == "Choose another name: Foo has the Parquet folder of it already."
    assert not [
        f
        for f in lint(Schema(key, of(type="string")), [SchemaKey("Foo", 2)], STORES)
        if f.level == "error"
    ]


def test_a_wide_row_is_noted() -> None:
    event = {"properties": {f"p{n}": {"type": "string"} for n in range(30)}}
    notes = [f.message for f in lint(Schema(KEY, event), [], STORES) if f.path == "$"]
    assert any("strings are TEXT" in note for note in notes)


def many(count: int, **of: Any) -> dict[str, Any]:
    return {"properties": {f"p{n}": of for n in range(count)}}


def stamps(count: int) -> dict[str, Any]:
    stamp = {"properties": {"timestamp": {"type": "integer"}}}
    return {"properties": {f"p{n}": stamp for n in range(count)}}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (many(372, type="string"), "InnoDB's page"),
        (many(966, type="integer"), "InnoDB's page"),
        (many(1011, type="boolean"), "1018 columns are more than the 1017"),
        (stamps(61), "65 indexes are more than the 64"),
        ({"properties": {"a ": {}}}, r"column 'event_a ' ends with a space"),
        ({"properties": {"a\t": {}}}, r"column 'event_a\t' ends with a space"),
        ({"properties": {"\U0001f600": {}}}, "column event_\U0001f600 has a character"),
        ({"properties": {"a\0": {}}}, r"column 'event_a\x00' has a character"),
        ({"properties": {"\ud800": {}}}, r"column 'event_\ud800' has a character"),
        ({"properties": {"k": {}, "\u212a": {}}}, "would share column"),
        (
            {"properties": {"timestamp": {"type": "string", "default": "1970-01-01T00:00:00Z"}}},
            "the default of event.timestamp does not fit VARCHAR(14)",
        ),
        (of(type="string", default="x" * 1025), "it has 1025 characters, not at most 1024"),
        (of(type="integer", default=2**63), "9223372036854775808 passes 64 bits"),
        (of(type="integer", default=2.0**64), "18446744073709551616 passes 64 bits"),
        (of(type="number", default=1e39), "passes 3.4028234663852886e+38"),
        (of(type="array", default=["x" * 1024]), "it has 1028 characters, not at most 1024"),
    ],
)
def test_a_schema_that_can_have_no_table(event: dict[str, Any], said: str) -> None:
    errors = [f.message for f in lint(Schema(KEY, event), [], STORES) if f.level == "error"]
    assert any(said in error for error in errors), errors
    with pytest.raises(SchemaUnfit, match=re.escape(said)):
        create_table("Word_1", Schema(KEY, event))


@pytest.mark.parametrize(
    "event",
    [
        many(371, type="string"),
        many(965, type="integer"),
        many(1010, type="boolean"),
        stamps(60),
        {"properties": {" a": {}, "\x01x": {}, "e": {}, "\xe9": {}, "yy\uffff": {}}},
        of(type="integer", default=2**63 - 1),
        of(type="string", default="x" * 1024),
    ],
)
def test_the_largest_that_has_a_table(event: dict[str, Any]) -> None:
    assert not any(f.level == "error" for f in lint(Schema(KEY, event), [], STORES))


def test_what_nobody_foresaw_of_a_schema_is_that_schema_s(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object) -> None:
        raise RecursionError("nobody foresaw it")

    monkeypatch.setattr(ddl, "check", check)
    with pytest.raises(SchemaUnfit, match="elfaust failed on it: RecursionError"):
        create_table("Word_1", Schema(KEY, of(type="string")))


def test_a_schema_whose_steps_multiply_is_a_warning() -> None:
    itself = {"$ref": "#"}
    event = {"properties": {"a": {"type": [itself, {"extends": itself}]}}}
    assert ("warning", "$.properties.a") in levels(event)


def test_what_the_judge_stumbles_over_is_named_by_its_path() -> None:
    [finding] = lint(Schema(KEY, of(pattern="*abc")), [], STORES)
    assert finding.message.startswith("Nobody can judge by this schema: $.properties.a.pattern: ")


def test_lint_says_that_a_format_is_not_checked() -> None:
    found = lint(Schema(KEY, of(type="string", format="email")), (), STORES)
    assert any((f.level, f.path) == ("note", "$.event.a") and "format" in f.message for f in found)
    assert not any("format" in f.message for f in lint(Schema(KEY, of(type="string")), (), STORES))


DRAFT7 = {"$schema": "http://json-schema.org/draft-07/schema#"}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({**of(type="integer"), "additionalProperties": True}, "$.event"),
        ({**DRAFT7, **of(type="integer"), "allOf": [of(type="string")]}, "$.event"),
        ({**DRAFT7, **of(type="integer"), "patternProperties": {"^x_": {}}}, "$.event"),
        (of(type="object", **of(type="integer")), "$.event.a"),
        (of(type=["object", "string"], **of(type="integer")), "$.event.a"),
        (of(**of(type="integer")), "$.event.a"),
    ],
)
def test_what_mysql_has_no_column_of_is_told(event: dict[str, Any], path: str) -> None:
    told = {f.path for f in lint(Schema(KEY, event), (), STORES) if "no column" in f.message}
    assert told == {path}


@pytest.mark.parametrize(("number", "kept"), [("FLOAT", "f"), ("DOUBLE", "d")])
def test_what_a_number_s_column_rounds_is_told_by_its_setting(number: str, kept: str) -> None:
    event = {"properties": {"n": {"type": "number"}, "i": {"type": "integer"}}}
    found = lint(Schema(KEY, event), (), stores(number))
    [told] = [f for f in found if f"a {number}" in f.message]
    assert told.path == "$.event.n"
    assert ("mysql.number" in told.message) is (number == "FLOAT")
    made, sent = map(int, re.findall(r"[0-9]{10,}", told.message))
    assert struct.unpack(kept, struct.pack(kept, sent)) == (made,) != (sent,)


def test_what_a_double_holds_is_no_error_of_it() -> None:
    schema = Schema(KEY, {**of(type="number", default=1e39)})
    assert any(f.level == "error" for f in lint(schema, (), STORES))
    told = lint(schema, (), stores("DOUBLE"))
    assert not any(f.level == "error" or "FLOAT" in f.message for f in told)


@pytest.mark.parametrize(
    ("stamp", "refused"),
    [
        ({"type": "string"}, True),
        ({"type": ["string", "null"]}, True),
        ({}, True),
        ({"type": "array"}, True),
        ({"type": "string", "maxLength": 15}, True),
        ({"type": "string", "enum": ["2026-01-31T00:00:00Z"]}, True),
        ({"type": "string", "maxLength": 14}, False),
        ({"type": "string", "enum": ["20260131000000"]}, False),
        ({**DRAFT7, "const": "20260131000000"}, False),
        ({"type": "integer"}, False),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, False),
    ],
)
def test_a_timestamp_that_may_be_longer_than_its_column(
    stamp: dict[str, Any], refused: bool
) -> None:
    def told(event: dict[str, Any]) -> list[tuple[str, str]]:
        found = lint(Schema(KEY, event), (), STORES)
        return [(f.level, f.path) for f in found if "maxLength 14" in f.message]

    event = {**DRAFT7, "properties": {"timestamp": stamp}}
    assert told(event) == ([("warning", "$.event.timestamp")] if refused else [])
    assert told({**DRAFT7, **of(type="array", items={"type": "object", **event})}) == []


def defaults_told(**given: Any) -> list[str]:
    found = lint(Schema(KEY, {**DRAFT7, **of(**given)}), (), STORES)
    return [f.path for f in found if f.level == "warning" and "default" in f.message]


def test_a_default_that_is_not_filled_in_is_told() -> None:
    inner = {"properties": {"b": {"type": "integer", "default": 1}}}
    assert defaults_told(type="object", **inner) == []
    assert defaults_told(type="object", default={"b": 1}, **inner) == ["$.event.a"]
    assert defaults_told(type="object", default={"b": 1}) == []
    assert defaults_told(type=["object", "string"], **inner) == ["$.event.a.b"]
    nested = {"properties": {"c": inner}}
    assert defaults_told(**nested) == ["$.event.a.c.b"]
    assert defaults_told(type="array", items={"type": "object", **inner}) == ["$.event.a[].b"]
    lists = {"type": "array", "items": {"type": "object", **inner}}
    assert defaults_told(type="array", items=lists) == ["$.event.a[][].b"]
    assert defaults_told(type="array", items={"type": ["object", "string"], **inner}) == [
        "$.event.a[].b"
    ]
