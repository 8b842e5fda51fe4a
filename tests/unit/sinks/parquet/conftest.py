"""What tests of the Parquet sink share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from elfaust.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = Settings()
    # One writer, so that the order of steps is the same each time.
    hdfs = dataclasses.replace(base.hdfs, root=f"{tmp_path}/event", storage="local", writers=1)
    return dataclasses.replace(base, hdfs=hdfs)
