"""Which stores there are, and which of them keep events."""

from __future__ import annotations

from dataclasses import replace

from elfaust.roles import SINKS
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores, every_store


def test_every_sink_has_a_store_that_its_role_names() -> None:
    stores = every_store(Settings())
    assert tuple(stores) == SINKS
    assert (stores["mysql"].title, stores["mysql"].once) == ("MySQL", True)
    assert (stores["hdfs"].title, stores["hdfs"].once) == ("Parquet", False)


def test_those_of_the_settings_keep_events() -> None:
    assert list(enabled_stores(Settings())) == ["mysql", "hdfs"]
    processor = replace(Settings().processor, stores="hdfs")
    assert list(enabled_stores(replace(Settings(), processor=processor))) == ["hdfs"]
