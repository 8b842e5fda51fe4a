"""A refused line is the same one, whichever sink has refused which of its records."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import orjson

from elfaust.delivery.batch import records_of, source_header
from elfaust.errors import EventFault
from elfaust.events.refusals import refused_line, split_source
from elfaust.names import TopicNames
from elfaust.records import Outgoing, Record, Source, position_of
from elfaust.settings import Settings
from elfaust.sinks.base import Rejected
from elfaust.testing import make_record
from elfaust.workers.rejecter import error_of
from tests.stand_in import stand_in

RAW = ("client", "server")
EVENTS = "eventlogging_Edit_1"
FAULT = EventFault("consumer", "no such column", "Edit", 1)


def told(role: str, record: Record) -> Outgoing:
    topics = replace(Settings().topics, raw_client=RAW[0], raw_server=RAW[1])
    settings = replace(Settings(), topics=topics)
    app = stand_in(role=role, names=TopicNames(settings), settings=settings)
    return error_of(app, Rejected(record, FAULT))


def refused(
    offset: int = 9, source: tuple[str, int] | None = ("client", 70), lane: int = 2
) -> Record:
    return make_record(b"{}", offset, 5_000, source, topic=EVENTS, lane=lane)


def uuid(error: Outgoing) -> str:
    found: str = orjson.loads(error.value)["uuid"]
    return found


def test_a_record_is_known_by_its_line() -> None:
    assert refused_line(refused(), RAW) == ("client", 70)


def test_what_was_made_of_no_line_is_known_by_itself() -> None:
    assert refused_line(refused(source=None), RAW) == (EVENTS, 9)
    assert refused_line(refused(source=("somebody", 70)), RAW) == (EVENTS, 9)


def test_both_sinks_and_all_repeats_tell_of_the_same_error() -> None:
    errors = [told("mysql", refused()), told("hdfs", refused()), told("hdfs", refused(12))]
    assert {uuid(error) for error in errors} == {uuid(errors[0])}
    assert {(error.lane, position_of(error)) for error in errors} == {(2, 70)}
    assert {split_source(error.source.name) for error in errors if error.source} == {
        ("mysql", "client"),
        ("hdfs", "client"),
    }


def test_other_lines_are_other_errors() -> None:
    others = [
        refused(),
        refused(lane=3),
        refused(source=("client", 71)),
        refused(source=("server", 70)),
        refused(source=None),
    ]
    errors = [told("mysql", record) for record in others]
    assert len({uuid(error) for error in errors}) == len(errors)


def test_a_source_comes_back_as_it_was_written() -> None:
    error = told("hdfs", refused())
    headers = source_header(error.source)
    fetched = SimpleNamespace(
        topic="errors", partition=2, value=error.value, offset=0, timestamp=5_000, headers=headers
    )
    [record] = records_of([fetched])
    assert record.source == Source("hdfs/client", 70)


def test_the_processors_own_errors_are_of_no_sink() -> None:
    for source in ("client", "", "host/name-0123456789ab", "mysql", "throughput/client"):
        assert split_source(source) == ("", source)
