"""Rows of EventErrors that are lost, twice, unknown or otherwise are found, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from elfaust.records import UNKNOWN_TIME, Record, Source
from elfaust.sinks.parquet.error_table import error_table
from elfaust.sinks.parquet.reading.errors import error_findings
from elfaust.sinks.parquet.reading.files import ReadFile
from tests.unit.sinks.parquet.test_error_table import RAW, TIME, error

#: Two lines, the first written again, refusals of sinks in no order, and records of others.
RECORDS = [
    error(5, Source(RAW, 10)),
    error(6, Source(RAW, 12), UNKNOWN_TIME),
    error(7, Source(RAW, 10)),
    error(8, Source(f"mysql/{RAW}", 3)),
    error(9, Source(f"mysql/{RAW}", 1)),
    error(10, None)._replace(value=b"no JSON"),
    error(11, None)._replace(value=b"[1]"),
]
STORED = [record for record in RECORDS if record.offset != 7]


def rows(records: Sequence[Record] = STORED) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = error_table(records, with_line=True).to_pylist()
    return found


def found(stored: list[dict[str, Any]], acknowledged: int = 12) -> list[tuple[str, int, str]]:
    files = [ReadFile("a", stored[:2]), ReadFile("b", stored[2:])]
    told = error_findings("errors", 2, RECORDS, acknowledged, files)
    return [(of.kind, of.number, of.detail) for of in told]


def test_what_is_as_it_should_be_is_no_finding() -> None:
    assert found(rows()) == []
    # Kafka keeps the records of older rows no more.
    assert found([*rows(), *rows([error(1, Source(RAW, 1))])]) == []
    # Nor those of which one that it keeps is a repeat.
    older, repeat = error(4, Source("gone", 7)), error(12, Source("gone", 7))
    files = [ReadFile("a", rows([older, *STORED]))]
    assert list(error_findings("errors", 2, [*RECORDS, repeat], 13, files)) == []
    # What is not acknowledged may come.
    assert found(rows(STORED[:4]), acknowledged=9) == []


@pytest.mark.parametrize(
    ("stored", "finding"),
    [
        (rows(STORED[1:]), ("lost", 1, "errors/2: 5")),
        ([*rows(), *rows(STORED[:1])], ("twice", 1, "errors/2: 5")),
        (rows(RECORDS), ("twice", 1, "errors/2: 7")),
        ([*rows(), *rows([error(99)])], ("unknown", 1, "errors/2: 99")),
        ([{**rows()[0], "code": "other"}, *rows()[1:]], ("differs", 1, "errors/2: 5")),
        ([{**rows()[0], "raw_offset": 11}, *rows()[1:]], ("differs", 1, "errors/2: 5")),
        ([{**rows()[0], "received": None}, *rows()[1:]], ("differs", 1, "errors/2: 5")),
        ([rows()[0], {**rows()[1], "received": TIME}, *rows()[2:]], ("differs", 1, "errors/2: 6")),
    ],
)
def test_each_fault_is_a_finding(
    stored: list[dict[str, Any]], finding: tuple[str, int, str]
) -> None:
    assert found(stored) == [finding]


def test_a_file_that_is_none_of_ours_is_named() -> None:
    told = list(error_findings("errors", 2, [], 0, [ReadFile("there", None)]))
    assert [(of.kind, of.detail) for of in told] == [("unreadable", "there")]
