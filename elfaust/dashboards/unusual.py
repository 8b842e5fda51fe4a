"""What is unusual of schema revisions, as `elfaust check` says it by what workers say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from elfaust.counts.usual import Kind
from elfaust.dashboards.numbers import Number, Said
from elfaust.metrics.of_schemas import SCHEMA_UNUSUAL, SCHEMAS_JUDGED
from elfaust.metrics.table import LAG_SECONDS

#: Seconds of lag from which on counts look as if events were missing.
BEHIND = 300
#: Schema revisions that are named; of more there is the number.
NAMED = 5


class _Trouble(NamedTuple):
    label: str
    level: str
    text: str
    #: The kinds of what is unusual that it is made of.
    kinds: tuple[Kind, ...]
    limits: tuple[float | None, float | None]
    #: Whether it says nothing while the counts are behind.
    needs_all: bool


TROUBLES = (
    _Trouble("schemas_silent", "critical", "without events", ("silent",), (0, 0), True),
    _Trouble(
        "schemas_errors", "warning", "errors above their usual share", ("errors",), (0, None), False
    ),
    _Trouble(
        "schemas_off",
        "warning",
        "events unlike at this hour of other days",
        ("fewer", "more"),
        (0, None),
        True,
    ),
)


def of_schemas(said: list[tuple[str, Said]]) -> tuple[list[tuple[str, str]], list[Number]]:
    """Return what is unusual by what workers say, each with its level; and the numbers."""
    counting = [of for role, of in said if role == "throughput"]
    if not counting:
        return [], []
    if not any(of.get(SCHEMAS_JUDGED.name) for of in counting):
        return [("unknown", "the counts of schemas are not known")], []
    behind = max(
        (
            seconds
            for role, of in said
            if role in ("processor", "throughput")
            for seconds in of.get(LAG_SECONDS.name, {}).values()
        ),
        default=0.0,
    )
    unusual = _unusual(counting)
    findings, numbers = [], []
    for trouble in TROUBLES:
        if trouble.needs_all and behind > BEHIND:
            continue
        schemas = sorted({name for kind in trouble.kinds for name in unusual[kind]})
        numbers.append(Number(trouble.label, len(schemas), "", trouble.limits))
        if schemas:
            more = f" and {len(schemas) - NAMED} more" if len(schemas) > NAMED else ""
            names = ", ".join(schemas[:NAMED])
            findings.append((trouble.level, f"{trouble.text}: {names}{more}"))
    return findings, numbers


def _unusual(counting: list[Said]) -> Mapping[str, set[str]]:
    """Return the names of schema revisions by what is unusual of them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for of in counting:
        for labels, value in of.get(SCHEMA_UNUSUAL.name, {}).items():
            # Prometheus's text has labels by their names.
            named = dict(zip(sorted(SCHEMA_UNUSUAL.labels), labels, strict=True))
            if value:
                found[named["kind"]].add(f"{named['schema']} {named['revision']}")
    return found
