"""The columns of a Parquet file, as docs/reference.md has them ("Columns of Parquet")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

TEXT, INTEGER, FLAG = pa.string(), pa.int64(), pa.bool_()
#: Members of a user agent.
AGENT_TEXTS = frozenset(
    {
        *("browser_family", "browser_major", "browser_minor", "device_family"),
        *("os_family", "os_major", "os_minor", "wmf_app_version"),
    }
)
AGENT_FLAGS = frozenset({"is_bot", "is_mediawiki"})
#: The column of what the schema does not name, and that of the time of the raw line in Kafka.
UNNAMED, RECEIVED = "event_unnamed", "received"
Columns = Mapping[str, pa.DataType]
CAPSULE: Columns = {
    "dt": TEXT,
    "recvfrom": TEXT,
    "revision": INTEGER,
    "schema": TEXT,
    "seqid": INTEGER,
    "useragent": pa.struct(
        {**dict.fromkeys(AGENT_TEXTS, TEXT), **dict.fromkeys(AGENT_FLAGS, FLAG)}
    ),
    "uuid": TEXT,
    "webhost": TEXT,
    "wiki": TEXT,
}


def columns_of(event: pa.DataType, passes_unnamed: bool) -> Columns:
    """Return the columns of the files of a schema revision, by the type of its events."""
    unnamed = {UNNAMED: TEXT} if passes_unnamed else {}
    return {**CAPSULE, "event": event, **unnamed, RECEIVED: pa.timestamp("ms")}


def unlike(found: pa.Schema, wanted: Columns) -> Iterator[str]:
    """Yield which columns, and members of them, are too many, too few or of another type.

    Files from before there was a column of what the schema does not name, or of when the line was
    received, have none.
    """
    columns = {field.name: field.type for field in found}
    since = {UNNAMED, RECEIVED} - columns.keys()
    wanted = {name: kind for name, kind in wanted.items() if name not in since}
    yield from _unlike_columns("", columns, wanted)


def _unlike_columns(place: str, found: Columns, wanted: Columns) -> Iterator[str]:
    for name in sorted({*found, *wanted}):
        at = f"{place}{name}"
        if name not in wanted:
            yield f"{at}: one too many"
        elif name not in found:
            yield f"{at}: missing"
        else:
            yield from _unlike_types(at, found[name], wanted[name])


def _unlike_types(at: str, found: pa.DataType, wanted: pa.DataType) -> Iterator[str]:
    if found == wanted:
        return
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        members = [{field.name: field.type for field in kind} for kind in (found, wanted)]
        yield from _unlike_columns(f"{at}.", *members)
    elif pa.types.is_list(found) and pa.types.is_list(wanted):
        yield from _unlike_types(f"{at}[]", found.value_type, wanted.value_type)
    else:
        yield f"{at}: {found!s:.80}, not {wanted!s:.80}"
