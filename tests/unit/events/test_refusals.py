"""A refused line is the same one, whichever sink has refused which of its records."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import orjson

from elfaust.delivery.batch import Batch, source_header
from elfaust.delivery.topics import TopicNames
from elfaust.errors import EventFault
from elfaust.events.refusals import line_of, split_source
from elfaust.records import Outgoing, Record
from elfaust.settings import Settings
from elfaust.sinks.buffer import Refused
from elfaust.workers.attach import error_of
from tests.stand_in import stand_in

RAW = ("client", "server")
EVENTS = "eventlogging_Edit_1"
FAULT = EventFault("consumer", "no such column", "Edit", 1)


def told(role: str, record: Record, lane: int = 2) -> Outgoing:
    topics = replace(Settings().topics, raw_client=RAW[0], raw_server=RAW[1])
    settings = replace(Settings(), topics=topics)
    app = stand_in(role=role, names=TopicNames(settings), settings=settings)
    return error_of(app, Refused(EVENTS, lane, record, FAULT))


def uuid(error: Outgoing) -> str:
    found: str = orjson.loads(error.value)["uuid"]
    return found


def test_a_record_is_known_by_its_line() -> None:
    assert line_of(EVENTS, Record(b"", 9, 0, "client", 70), RAW) == ("client", 70)


def test_what_was_made_of_no_line_is_known_by_itself() -> None:
    assert line_of(EVENTS, Record(b"", 9, 0, "", -1), RAW) == (EVENTS, 9)
    assert line_of(EVENTS, Record(b"", 9, 0, "somebody", 70), RAW) == (EVENTS, 9)


def test_both_sinks_and_all_repeats_tell_of_the_same_error() -> None:
    record = Record(b"{}", 9, 5_000, "client", 70)
    errors = [told("mysql", record), told("hdfs", record), told("hdfs", record._replace(offset=12))]
    assert {uuid(error) for error in errors} == {uuid(errors[0])}
    assert {(error.lane, error.position) for error in errors} == {(2, 70)}
    assert {split_source(error.source) for error in errors} == {
        ("mysql", "client"),
        ("hdfs", "client"),
    }


def test_other_lines_are_other_errors() -> None:
    record = Record(b"{}", 9, 5_000, "client", 70)
    errors = [
        told("mysql", record),
        told("mysql", record, lane=3),
        told("mysql", record._replace(position=71)),
        told("mysql", record._replace(source="server")),
        told("mysql", record._replace(source="")),
    ]
    assert len({uuid(error) for error in errors}) == len(errors)


def test_a_source_comes_back_as_it_was_written() -> None:
    error = told("hdfs", Record(b"{}", 9, 5_000, "client", 70))
    headers = source_header(error.source, error.position)
    fetched = SimpleNamespace(value=error.value, offset=0, timestamp=5_000, headers=headers)
    [record] = Batch(None, [fetched]).records
    assert split_source(record.source) == ("hdfs", "client")
    assert record.position == 70


def test_the_processors_own_errors_are_of_no_sink() -> None:
    for source in ("client", "", "host/name-0123456789ab", "mysql", "throughput/client"):
        assert split_source(source) == ("", source)
