"""What is unusual of schemas is named at its level, but not while the counts are behind."""

from __future__ import annotations

import pytest

from elfaust.counts.usual import KINDS, Kind
from elfaust.dashboards.numbers import Said
from elfaust.dashboards.unusual import TROUBLES, of_schemas
from elfaust.metrics.of_schemas import SCHEMA_UNUSUAL, SCHEMAS_JUDGED
from elfaust.metrics.table import LAG_SECONDS


def counting(*unusual: tuple[str, Kind], lag: float = 0.0) -> tuple[str, Said]:
    """Return what a worker of throughput says; labels are in the order of their names."""
    said: dict[str, dict[tuple[str, ...], float]] = {
        SCHEMAS_JUDGED.name: {(): 1},
        LAG_SECONDS.name: {("throughput", "t"): lag},
        SCHEMA_UNUSUAL.name: {
            (kind, "1", schema): float((schema, kind) in unusual)
            for schema in {"Edit", *(schema for schema, _ in unusual)}
            for kind in KINDS
        },
    }
    return "throughput", said


def test_every_kind_is_somebodys_trouble() -> None:
    assert {kind for trouble in TROUBLES for kind in trouble.kinds} == set(KINDS)


def test_as_ever_is_no_finding_and_numbers_are_0() -> None:
    findings, numbers = of_schemas([counting(), counting()])
    assert findings == []
    assert [str(number) for number in numbers] == [
        "schemas_silent=0;0;0;0",
        "schemas_errors=0;0;;0",
        "schemas_off=0;0;;0",
    ]


@pytest.mark.parametrize(
    ("kind", "level", "text"),
    [
        ("silent", "critical", "without events: Edit 1"),
        ("errors", "warning", "errors above their usual share: Edit 1"),
        ("fewer", "warning", "events unlike at this hour of other days: Edit 1"),
        ("more", "warning", "events unlike at this hour of other days: Edit 1"),
    ],
)
def test_what_is_unusual_is_named_once_though_all_workers_say_it(
    kind: Kind, level: str, text: str
) -> None:
    findings, numbers = of_schemas([counting(("Edit", kind)), counting(("Edit", kind))])
    assert findings == [(level, text)]
    assert sorted(number.value for number in numbers) == [0, 0, 1]
    assert {number.level for number in numbers} == {"ok", level}


def test_of_many_some_are_named() -> None:
    [(_, text)], _ = of_schemas([counting(*((f"S{n}", "silent") for n in range(8)))])
    assert text == "without events: S0 1, S1 1, S2 1, S3 1, S4 1 and 3 more"


def test_counts_that_are_behind_miss_nothing() -> None:
    unusual: list[tuple[str, Kind]] = [("Edit", kind) for kind in KINDS]
    findings, numbers = of_schemas([counting(*unusual, lag=301)])
    assert [text for _, text in findings] == ["errors above their usual share: Edit 1"]
    assert [number.label for number in numbers] == ["schemas_errors"]
    late: Said = {LAG_SECONDS.name: {("processor", "t"): 301.0}}
    assert of_schemas([counting(*unusual), ("processor", late)])[0] == findings
    assert len(of_schemas([counting(*unusual, lag=299)])[0]) == 3


def test_no_counts_are_not_known_and_of_no_role_nothing_is_said() -> None:
    [(level, _)], numbers = of_schemas([("throughput", {})])
    assert (level, numbers) == ("unknown", [])
    assert of_schemas([("mysql", {})]) == ([], [])
