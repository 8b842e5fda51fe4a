"""Targets: what Kafka is given, and which outcomes say that a line was taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from elfaust.events.items import Item
from elfaust.records import Outgoing
from elfaust.settings import Settings
from elfaust.trial.targets import CannotHold, Kafka, Line, Writers, is_taken

SETTINGS = Settings()


class Published:
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def publish(self, records: Sequence[Outgoing]) -> None:
        self.records += records


async def test_kafka_gets_each_line_in_the_topic_of_its_kind_and_the_next_lane() -> None:
    published: Any = Published()
    kafka = Kafka(SETTINGS, published)
    for kinds in (["client"] * 3, ["server", "client"]):
        assert await kafka.send([Line(kind, b"x") for kind in kinds]) == "acknowledged"
    lanes = [record.lane for record in published.records]
    assert lanes == [n % SETTINGS.topics.lanes for n in range(5)]
    topics = [record.topic for record in published.records]
    assert topics[2:] == [SETTINGS.topics.raw_client, SETTINGS.topics.raw_server, topics[0]]


@pytest.mark.parametrize(
    ("outcome", "taken"),
    [
        ("acknowledged", True),
        ("sent", True),
        ("204", True),
        ("503", False),
        ("none", False),
    ],
)
def test_an_outcome_says_whether_lines_were_taken(outcome: str, taken: bool) -> None:
    assert is_taken(outcome) == taken


def test_each_event_has_a_number_of_its_own() -> None:
    writers = Writers(SETTINGS, "kafka", None, "me")
    lines = [writers.line(Item(1, "{}", {})).value.split(b"\t") for _ in range(2)]
    assert [line[1:3] for line in lines] == [[b"me", b"1"], [b"me", b"2"]]


@pytest.mark.parametrize(("to", "kind"), [("kafka", "client"), ("udp", "server")])
def test_events_become_lines_of_the_kind_that_is_read_there(to: str, kind: str) -> None:
    assert Writers(SETTINGS, to, None, "me").kind == kind
    assert Writers(SETTINGS, to, "client", "me").kind == "client"


@pytest.mark.parametrize("text", ["7 EventLogging {}", "no?query;", "?\u00fc;"])
def test_a_beacon_takes_no_line_without_a_query(text: str) -> None:
    with pytest.raises(CannotHold, match="begins with its query"):
        Writers(SETTINGS, "beacon", None, "me").line(Item(1, text))
