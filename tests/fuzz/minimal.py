"""A case made small: as few records, schemas, keywords and bytes as show the same fault."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.fuzz.cases import Case
from tests.fuzz.records import NOW_MS

Shows = Callable[[Case], bool]


def minimal(case: Case, shows: Shows, seconds: float = 20.0) -> Case:
    """Return a smaller case of which `shows` still says yes, the smallest found in some seconds."""
    until = time.monotonic() + seconds
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(case):
            if time.monotonic() > until:
                return case
            if shows(smaller):
                case, changed = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    if case.stores:
        yield replace(case, stores=False)
    if case.asks:
        yield replace(case, asks=False)
    for kind, records in case.records.items():
        for part in _without_some(records):
            yield replace(
                case, records={k: v for k, v in (case.records | {kind: part}).items() if v}
            )
    for path in case.schemas:
        yield replace(case, schemas={k: v for k, v in case.schemas.items() if k != path})
    for path, text in case.schemas.items():
        for less in _texts(text):
            yield replace(case, schemas=case.schemas | {path: less})
    if sum(map(len, case.records.values())) > 3:
        return
    for kind, records in case.records.items():
        for at, record in enumerate(records):
            plain = [
                record._replace(headers=()),
                record._replace(timestamp=NOW_MS + 40 * record.offset),
            ]
            plain += [record._replace(value=less) for less in _without_some(record.value or b"")]
            for other in plain:
                if other != record:
                    rest = [*records[:at], other, *records[at + 1 :]]
                    yield replace(case, records=case.records | {kind: rest})


def _without_some(parts: Any) -> Iterator[Any]:
    """Yield a sequence without each of its parts of half its length, a quarter, down to one."""
    size = len(parts)
    while size:
        for start in range(0, len(parts), size):
            yield parts[:start] + parts[start + size :]
        size //= 2
        if len(parts) // max(size, 1) > 600:
            return


def _texts(text: bytes) -> Iterator[bytes]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    for less in _values(value):
        yield json.dumps(less, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
        for key, inner in value.items():
            for less in _values(inner):
                yield value | {key: less}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield value[:at] + value[at + 1 :]
        for at, inner in enumerate(value):
            for less in _values(inner):
                yield [*value[:at], less, *value[at + 1 :]]
    elif isinstance(value, str) and len(value) > 20:
        yield value[: len(value) // 2]
