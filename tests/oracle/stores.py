"""What MySQL's row and Parquet's row must hold of an event."""

from __future__ import annotations

from typing import Any

from tests.oracle.places import Leaf, Place, hive_name, leaves, root_of
from tests.oracle.values import MISSING, Text, digits, double, float32, is_moment


def mysql_row(schema: dict[str, Any], event: dict[str, Any], number: str = "FLOAT") -> Any:
    """Return the values of an event's columns by name, as MySQL gives them back.

    Where a column has text of JSON it is a Text. `number` is the setting mysql.number.
    """
    root = root_of(schema)
    return {leaf.column: _cell(leaf, value_at(event, leaf.keys), number) for leaf in leaves(root)}


def value_at(event: Any, keys: tuple[str, ...]) -> Any:
    """Return the value at a place, MISSING where a key is left out.

    It is None behind what is null or no object: no default stands there.
    """
    for key in keys:
        if not isinstance(event, dict):
            return None
        event = event.get(key, MISSING)
        if event is MISSING:
            return MISSING
    return event


def _cell(leaf: Leaf, value: Any, number: str) -> Any:
    if value is MISSING:
        value = leaf.place.default
    if value is None:
        return None
    if leaf.keys[-1] == "timestamp":
        return digits(value) if is_moment(value) else Text(value)
    match leaf.place.kind:
        case "integer":
            return int(value)
        case "number":
            return float32(value) if number == "FLOAT" else double(value)
        case "boolean":
            # A TINYINT.
            return int(value)
        case "string":
            return value
    return Text(value, rounded=leaf.place.kind == "list")


def parquet_event(schema: dict[str, Any], event: dict[str, Any]) -> Any:
    """Return the value of the column `event`, structs as dicts by Hive's names."""
    return _parquet(root_of(schema), event)


def _parquet(place: Place, value: Any) -> Any:
    if value is MISSING:
        value = place.default
        if place.kind == "object":
            return _left_out(place)
    if value is None:
        return None
    match place.kind:
        case "object":
            return {
                hive_name(name): _parquet(member, value.get(name, MISSING))
                for name, member in place.members.items()
            }
        case "list":
            assert place.items
            return [_parquet(place.items, item) for item in value]
        case "integer":
            return int(value)
        case "number":
            return double(value)
        case "boolean" | "string":
            return value
    return Text(value)


def _left_out(place: Place) -> Any:
    """Return what a struct is whose key is left out: null, unless a member has a default."""
    members = {hive_name(n): _parquet(member, MISSING) for n, member in place.members.items()}
    return members if any(of is not None for of in members.values()) else None


def unnamed(schema: dict[str, Any], event: dict[str, Any]) -> Any:
    """Return the keys that no property names, where they stood; None where there are none."""
    return _unnamed(root_of(schema), event)


def _unnamed(place: Place, value: Any) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    if place.kind == "object" and isinstance(value, dict):
        for key, of in value.items():
            if (member := place.members.get(key)) is None:
                found[key] = of
            elif (inner := _unnamed(member, of)) is not None:
                found[key] = inner
    elif place.kind == "list" and place.items and isinstance(value, list):
        inner_of = {str(n): _unnamed(place.items, item) for n, item in enumerate(value)}
        found = {n: inner for n, inner in inner_of.items() if inner is not None}
    return found or None
