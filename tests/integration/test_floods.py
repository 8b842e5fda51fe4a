"""A flood of one schema on real servers: the rows of others come in time, memory is bounded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from elfaust.settings import Settings
from tests.integration.flood import MB, Admin, flooded, with_large

#: Ten times what may wait in a worker of these bounds, 2,000 rows and 4 MB.
FLOODS = {"held": 20_000, "100 kB": 400}


@pytest.mark.parametrize("kind", FLOODS)
def test_others_flow_beside_a_flood(
    quick: Settings, tmp_path: Path, admin: Admin, kind: str
) -> None:
    settings = with_large(quick, tmp_path / "schemas")
    settings = replace(
        settings,
        mysql=replace(settings.mysql, flush_rows=100, flush_bytes=1_000_000),
        kafka=replace(settings.kafka, max_poll_records=500),
    )
    trial = flooded(settings, admin, kind, FLOODS[kind], 4.0)
    assert trial.late.p99 < trial.early.p99 + 5.0
    assert trial.peak < trial.memory + 100 * MB
