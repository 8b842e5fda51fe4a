"""Hundreds of schemas with a day of hours each: seconds until Hive has them, and one new hour."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elfaust.hive.client import connected
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from tests import REPOSITORY
from tests.hive.files import Warehouse

SCHEMAS, HOURS = 300, 24


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_three_hundred_schemas_of_a_day(hive: Settings, tmp_path: Path) -> None:
    warehouse = Warehouse(hive, tmp_path / "schemas")
    files = sorted((REPOSITORY / "schemas").glob("*/*.json"))
    keys = []
    for number in range(SCHEMAS):
        file = files[number % len(files)]
        keys.append(SchemaKey(f"{file.parent.name}{number}", int(file.stem)))
        warehouse.add(keys[-1], **json.loads(file.read_text()))

    def make(hour: str) -> None:
        for key in keys:
            warehouse.storage.make_folder(warehouse.folder(key, hour))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(make, [f"2026-03-08T{hour:02}" for hour in range(HOURS)]))
    began = time.monotonic()
    report = warehouse.run()
    print(f"from nothing: {time.monotonic() - began:.1f} s")
    assert (len(report.tables), len(report.views)) == (SCHEMAS, SCHEMAS)
    assert sum(report.added.values()) == SCHEMAS * HOURS
    make("2026-03-09T00")
    began = time.monotonic()
    report = warehouse.run()
    print(f"one new hour: {time.monotonic() - began:.1f} s")
    assert sum(report.added.values()) == SCHEMAS
    began = time.monotonic()
    assert not warehouse.run().is_changed
    print(f"nothing new: {time.monotonic() - began:.2f} s")
    assert not warehouse.new_sync().run().is_changed
    # To drop it takes longer than an answer of the metastore may.
    with connected(hive.hive) as call:

        def drop(name: str) -> None:
            call(lambda metastore: metastore.drop_table(hive.hive.database, name, False))

        for name in report.partitions:
            drop(name)
