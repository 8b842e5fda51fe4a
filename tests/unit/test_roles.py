"""One table of roles, which others read."""

from __future__ import annotations

import pytest

from elfaust.roles import DEFAULT_STORES, READERS, ROLES, SINKS, load, picked, running
from elfaust.settings import Settings
from elfaust.sinks.stores import enabled_stores, every_store


@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_names_is_there(role: str) -> None:
    assert callable(load(ROLES[role].register))


@pytest.mark.parametrize("role", SINKS)
def test_a_store_is_made_of_the_settings_alone(role: str) -> None:
    store = every_store(Settings())[role]
    assert store.title
    assert store.checks().name


def test_roles_that_read_are_in_the_order_of_the_data() -> None:
    assert [READERS[0], READERS[-1]] == ["processor", "throughput"]
    assert set(READERS) == {*SINKS, "processor", "throughput"}


def test_the_sinks_that_run_are_those_that_are_picked() -> None:
    assert picked("hdfs mysql") == ("mysql", "hdfs")
    assert running("hdfs") == ("throughput", "processor", "hdfs", "forwarder")
    assert running("hdfs", READERS) == ("processor", "hdfs", "throughput")
    assert running("hdfs", asked=["intake"])[-1] == "intake"
    assert running("hdfs", READERS, ["intake"]) == ("processor", "hdfs", "throughput")
    assert tuple(enabled_stores(Settings())) == tuple(DEFAULT_STORES.split())
