"""jsonschema-rs, as schemas are compiled for it and values given to it: nothing it does escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import jsonschema_rs

from elfaust.schema.validation import references
from elfaust.schema.validation.drafts import DRAFT3, Draft
from elfaust.schema.validation.patterns import OPTIONS

T = TypeVar("T")

#: Numbers up to it are within what every place of every store holds.
CALM_NUMBER = 2**62
_WITHIN = {"minimum": -CALM_NUMBER, "maximum": CALM_NUMBER}
_ALL_WITHIN = {"$ref": "#/definitions/calm"}
#: What makes of a capsule's draft 3 schema one that finds this out as well: Rust walks faster.
CALM = {
    "extends": {
        "properties": {
            "seqId": _WITHIN,
            "timestamp": _WITHIN,
            "event": {"additionalProperties": _ALL_WITHIN},
        }
    },
    "definitions": {
        "calm": {**_WITHIN, "items": _ALL_WITHIN, "additionalProperties": _ALL_WITHIN},
    },
}


def passes(rust: Any, value: Any) -> bool:
    """Tell whether a validator of jsonschema-rs, if there is one, takes a value."""
    try:
        return rust is not None and bool(rust.is_valid(value))
    except ValueError:
        # An integer past what it can hold.
        return False
    except BaseException as error:
        if not is_panic(error):
            raise
        return False


def guarded(compiling: Callable[..., T], *arguments: Any) -> T:
    """Return what a compiler returns; whatever it raises is a ValueError.

    A schema comes from outside, and what it can break in those who read it has no end.
    """
    try:
        return compiling(*arguments)
    except (ValueError, MemoryError):
        raise
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except Exception as error:
        raise ValueError(f"its parts have the wrong types: {error!r}") from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise ValueError(f"jsonschema-rs fails on it: {error}") from error


def is_panic(error: BaseException) -> bool:
    """Tell whether an exception is a panic of compiled code."""
    # What pyo3 raises derives from BaseException and cannot be imported.
    return type(error).__name__ == "PanicException"


def compile_rust(schema: dict[str, Any], draft: Draft) -> Any:
    """Return jsonschema-rs's validator; raises ValueError for a schema that it does not accept."""
    try:
        return draft.rust(
            draft.translate(schema),
            validate_formats=False,
            retriever=_refuse_remote,
            pattern_options=OPTIONS,
        )
    except jsonschema_rs.ValidationError as error:
        path = references.json_path(tuple(error.instance_path))
        raise ValueError(f"{path}: {error.message}") from error


def source(schema: dict[str, Any], draft: Draft) -> tuple[str, str]:
    """Return a schema as it is compiled: the draft that jsonschema-rs takes it for, and JSON."""
    name = "04" if draft is DRAFT3 else draft.name
    return name, json.dumps(draft.translate(schema))


def _refuse_remote(uri: str) -> Any:
    # jsonschema-rs reads files and URLs by default; a schema is no place to name them.
    raise ValueError(f"{uri} is not looked up")
