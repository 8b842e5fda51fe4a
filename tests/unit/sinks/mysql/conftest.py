"""What tests of the MySQL sink share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elfaust.settings import Settings


@pytest.fixture
def settings() -> Settings:
    base = Settings()
    return replace(base, mysql=replace(base.mysql, port=1, insert_rows=4))
