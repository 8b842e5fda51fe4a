"""The table of counts is recovered from its changelog, whoever wrote late into that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faust
import pytest

from agents.throughput import CountsTable
from models.count import Count


def change(count: int | None) -> Any:
    """Return a record of the changelog; None for a deletion."""
    value = None if count is None else Count(count=count, last=0, positions={})
    message = SimpleNamespace(value=value and b"{}", partition=0)
    return SimpleNamespace(key="entry", value=value, message=message)


@pytest.mark.parametrize(
    ("written", "recovered"),
    [
        ([62, 63], 63),
        # A worker that had lost the lane wrote its 62 after the new owner's 63.
        ([63, 62], 63),
        ([63, None], None),
        ([63, None, 1], 1),
    ],
)
@pytest.mark.parametrize("batches", [1, 3])
def test_an_older_value_written_late_is_not_taken(
    written: list[int | None], recovered: int | None, batches: int
) -> None:
    app = faust.App("test", store="memory://")
    table = CountsTable(app, name="counts", key_type=str, value_type=Count, partitions=1)
    changes = [change(count) for count in written]
    for batch in [changes] if batches == 1 else [[one] for one in changes]:
        table.apply_changelog_batch(batch)
    entry = table.data.get("entry")
    assert (entry and entry.count) == recovered
