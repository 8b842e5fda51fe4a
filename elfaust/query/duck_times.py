"""Times and intervals of an answer as DuckDB writes them, at any depth.

Python's own have no infinity, no year past 9999, no nanoseconds and no months.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elfaust.query.duck_words import quoted

TEMPORAL = ("date", "time", "interval")
NESTED = ("struct", "list", "array", "map")
TEXT = "VARCHAR"


def texts(kind: Any) -> str:
    """Return DuckDB's name of a type with texts in place of times."""
    if kind.id.startswith(TEMPORAL):
        return TEXT
    pairs: list[tuple[str, Any]] = kind.children if kind.id in NESTED else []
    inner = {name: of if name == "size" else texts(of) for name, of in pairs}
    # What has no times keeps its own name, and so has a struct without names.
    if "" in inner or all(str(of) == inner[name] for name, of in pairs if name != "size"):
        return str(kind)
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{quoted(name)} {of}' for name, of in inner.items())})"
    if kind.id == "map":
        return f"MAP({inner['key']}, {inner['value']})"
    return f"{inner['child']}[{inner.get('size', '')}]"


def select(view: str, names: Sequence[str], kinds: Sequence[Any]) -> str:
    """Return the SELECT of a view's columns with texts for times; "" where it has none."""
    wanted = [texts(kind) for kind in kinds]
    if all(want == str(kind) for want, kind in zip(wanted, kinds, strict=True)):
        return ""
    columns = (
        f"{f'#{at}' if want == str(kind) else f'CAST(#{at} AS {want})'} AS {quoted(name)}"
        for at, (name, kind, want) in enumerate(zip(names, kinds, wanted, strict=True), 1)
    )
    return f"SELECT {', '.join(columns)} FROM {quoted(view)}"
