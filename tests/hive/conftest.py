"""Two schemas with a file each, and a session in the database that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from elfaust.hive.server import Session, session
from elfaust.settings import Settings
from tests.hive.files import EDIT, SAVE, STRING, Warehouse


@pytest.fixture
def warehouse(hive: Settings, tmp_path: Path) -> Warehouse:
    """Two schemas, each with a file of two events."""
    made = Warehouse(hive, tmp_path / "schemas")
    for key in (EDIT, SAVE):
        made.add(key, {"a": STRING})
        made.put(key, [{"a": "1"}, {"a": "2"}])
    return made


@pytest.fixture
def asked(warehouse: Warehouse) -> Iterator[Session]:
    """A session in the database, which is there."""
    warehouse.run()
    with session(warehouse.settings.hive) as open_session:
        open_session.rows(f"USE `{warehouse.settings.hive.database}`")
        yield open_session
