"""Raw lines and what they became, found where those of Kafka would stand."""

from __future__ import annotations

from elfaust.dev.memory import Memory
from elfaust.errors import EventFault
from elfaust.events.verdict import Verdict
from elfaust.records import Record, SchemaKey
from elfaust.settings import Settings
from elfaust.view.feed import NoRecord

RAW, ERRORS = "eventlogging-client-side", "eventlogging_EventError"
EDIT = SchemaKey("Edit", 7)


async def test_a_line_and_its_event_are_found_by_topic_and_offset() -> None:
    memory = Memory(Settings())
    lines = [memory.line(RAW, b"line %d" % n) for n in range(3)]
    memory.settle(lines[0], Verdict(EDIT, b'{"schema": "Edit", "revision": 7}'))
    refused = Verdict(EDIT, b'{"event": {"schema": "Edit"}}', EventFault("validation", "no"))
    failed = memory.settle(lines[2], refused)
    assert (failed.topic, failed.offset, failed.source) == (ERRORS, 0, (RAW, 2))
    assert [one.seen.status for one in memory.after(0)] == ["failed", "valid"]
    for topic, offset, value in ((RAW, 1, b"line 1"), ("eventlogging_Edit_7", 0, b'{"sch')):
        found = await memory.record(topic, 0, offset)
        assert isinstance(found, Record)
        assert found.value.startswith(value)


async def test_lines_are_forgotten_by_number_and_by_bytes() -> None:
    for bounds in ({"most": 2}, {"most_bytes": 15}):
        memory = Memory(Settings(), **bounds)
        for n in range(4):
            memory.line(RAW, b"line %d" % n)
        past, there, to_come = [await memory.record(RAW, 0, n) for n in (1, 2, 4)]
        assert isinstance(there, Record)
        assert isinstance(past, NoRecord)
        assert isinstance(to_come, NoRecord)
        assert (past.is_past, to_come.is_past) == (True, False)


async def test_a_topic_that_is_none_never_had_a_record() -> None:
    found = await Memory(Settings()).record("nosuchtopic", 0, 0)
    assert isinstance(found, NoRecord)
    assert not found.is_past
