from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """Return the path of a file to write settings to."""
    return tmp_path / "faust.conf"
