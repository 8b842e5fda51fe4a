"""What settled lines are in Kafka."""

from __future__ import annotations

from elfaust.delivery.lots import lot_of
from elfaust.errors import EventFault
from elfaust.events.event_error import shortened
from elfaust.events.verdict import Verdict
from elfaust.lanes.settled_lines import lots_of_lines
from elfaust.names import TopicNames
from elfaust.records import Outgoing, SchemaKey, Source
from elfaust.settings import Settings
from elfaust.testing import make_record

NAMES = TopicNames(Settings())
EDIT, OTHER = SchemaKey("Edit", 7), SchemaKey("Other", 1)


def test_lines_go_to_their_topics_each_in_its_order() -> None:
    fault = EventFault("validation", "why")
    verdicts = [
        Verdict(EDIT, b"0"),
        Verdict(OTHER, b"1", user_agent="Me \N{SNOWMAN}"),
        Verdict(EDIT, b"2", fault),
        Verdict(EDIT, b"3"),
        Verdict(OTHER, b"4", fault, unknown=True),
    ]
    settled = [(make_record(b"", n, 1_000 + n), verdict) for n, verdict in enumerate(verdicts)]
    lots = lots_of_lines(settled, NAMES, "raw@id", 3)

    def wanted(n: int, topic: str, *headers: tuple[str, bytes]) -> Outgoing:
        shorten = shortened if topic == NAMES.error else None
        made_from = Source("raw@id", n)
        return Outgoing(topic, 3, b"%d" % n, 1_000 + n, made_from, headers, shorten)

    edit, other = NAMES.event(EDIT), NAMES.event(OTHER)
    agent = ("userAgent", "Me \N{SNOWMAN}".encode())
    assert [(lot.topic, lot.lane, lot.records()) for lot in lots] == [
        (edit, 3, [wanted(0, edit), wanted(3, edit)]),
        (other, 3, [wanted(1, other, agent)]),
        (NAMES.error, 3, [wanted(2, NAMES.error), wanted(4, NAMES.error)]),
    ]
    for lot in lots:
        # What goes out is what is told of where it does not.
        assert list(lot.rows()) == list(lot_of(lot.records()).rows())
        assert lot.records(1) == lot.records()[1:]


def test_of_no_lines_nothing_goes_out() -> None:
    assert lots_of_lines([], NAMES, "raw", 0) == []
