"""What is said of topics whose partitions nobody reads, and of brokers that begin."""

from __future__ import annotations

import pytest
from aiokafka.cluster import ClusterMetadata

from elfaust.delivery.privates import Admin
from elfaust.delivery.topics import TopicAdmin, unread_lanes
from elfaust.errors import ServerAway
from elfaust.settings import Settings


def test_partitions_past_the_lanes_are_told() -> None:
    lanes = Settings().topics.lanes
    assert unread_lanes(Settings(), {"a": lanes, "b": 1, "c": lanes + 2}) == [
        f"topic c has {lanes + 2} partitions: what is in those from {lanes} on waits until "
        f"topics.lanes is {lanes + 2}"
    ]


async def test_a_broker_that_knows_no_controller_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        pass

    class Client:
        cluster = ClusterMetadata()
        bootstrap = force_metadata_update = close = nothing

    monkeypatch.setattr(Admin, "start", nothing)
    admin = TopicAdmin(Settings())
    monkeypatch.setattr(await admin._client(), "_client", Client())
    with pytest.raises(ServerAway, match="no broker answers"):
        await admin.create(["a"])
    await admin.close()
