"""One schema of each kind of trouble, flooded: how late the rows of others are, and the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from elfaust.settings import Settings
from tests.integration.flood import KINDS, MB, Admin, flooded, with_large

#: Ten times what may wait in a worker by itself, 60,000 rows and 64 MB.
ROWS, LARGE_ROWS = 600_000, 6_400
#: Most seconds that the others may come later than before. What waits by itself is not in their
#: way; of what is written, however slowly, some was fetched before them.
LATER = {"held": 5.0, "locked": 15.0, "slow": 20.0, "100 kB": 20.0}


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_others_flow_beside_a_flood(
    quick: Settings, tmp_path: Path, admin: Admin, kind: str
) -> None:
    settings = with_large(quick, tmp_path / "schemas")
    trial = flooded(settings, admin, kind, LARGE_ROWS if kind == "100 kB" else ROWS, 30.0)
    assert trial.late.p99 < trial.early.p99 + LATER[kind]
    assert trial.peak < trial.memory + 500 * MB
