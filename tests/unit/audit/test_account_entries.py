"""What the topics say of a schema revision, and what does not balance with it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest

from elfaust.audit.account_entries import Entries, Entry, lines_once
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.reading import Stored
from elfaust.sinks.stores import enabled_stores
from elfaust.testing import make_record

EDIT = SchemaKey("Edit", 1)


STORES = enabled_stores(Settings())


def of_topics() -> Entries:
    return Entries(STORES)


def balanced() -> Entry:
    return Entry(
        EDIT,
        valid=10,
        invalid=Counter(validation=2, consumer=1),
        refused=1,
        unfit=Counter(mysql=1),
        stored_in={"mysql": Stored(9), "hdfs": Stored(10)},
        counted=10,
        counted_invalid=Counter(validation=2, consumer=1),
        counted_refused=1,
    )


def test_an_entry_that_balances_has_no_problems() -> None:
    entry = balanced()
    assert entry.problems(STORES) == []
    assert (entry.lines, entry.stored, entry.errors, entry.counted_lines) == (12, 9, 3, 12)


@pytest.mark.parametrize(
    ("role", "stored", "problem"),
    [
        ("mysql", Stored(8), "MySQL rows 8, not 9"),
        ("hdfs", Stored(11), "Parquet rows 11, not 10"),
        ("hdfs", Stored(10, 3), "uuids twice in Parquet 3, not 0"),
        ("mysql", Stored(9, unreadable="no"), "MySQL cannot be read: no"),
    ],
)
def test_what_a_store_has_lost_or_doubled_is_named(role: str, stored: Stored, problem: str) -> None:
    entry = balanced()
    entry.stored_in[role] = stored
    assert entry.problems(STORES) == [problem]
    # Of a store that keeps no events nothing is expected.
    others = {name: store for name, store in STORES.items() if name != role}
    assert entry.problems(others) == []


def test_what_the_counts_have_lost_or_doubled_is_named() -> None:
    for name, value in [("counted", 9), ("counted_refused", 4)]:
        entry = balanced()
        setattr(entry, name, value)
        [problem] = entry.problems(STORES)
        assert str(value) in problem
    entry = balanced()
    entry.counted_invalid["validation"] += 1
    assert "errors counted" in entry.problems(STORES)[0]


def test_whatever_stores_there_are_each_is_held_to_the_topic() -> None:
    class Lines:
        title, once = "JSON lines", False

    stores: Any = {"lines": Lines()}
    entry = Entry(EDIT, valid=2, again=Counter(lines=1), counted=2)
    assert entry.problems(stores) == [
        "JSON lines rows 0, not 2",
        "uuids twice in JSON lines 0, not 1",
    ]
    entry.stored_in["lines"] = Stored(2, 1)
    assert entry.problems(stores) == []


def test_a_record_that_was_repeated_is_one() -> None:
    entries = of_topics()
    records = [make_record(b"", offset, 0, ("raw", offset % 3)) for offset in range(5)]
    entries.add_events(EDIT, records, "e")
    assert (entries[EDIT].valid, entries[EDIT].repeats) == (3, 2)


def test_an_event_of_several_lines_is_once_in_mysql_and_each_time_in_parquet() -> None:
    entries = of_topics()
    for lane in range(2):
        values = [orjson.dumps({"uuid": f"u{n}"}) for n in (1, 1, 2 + lane)]
        records = [make_record(v, n, 0, (f"raw{lane}", n)) for n, v in enumerate(values)]
        entries.add_events(EDIT, records, "e", lane)
    strange = (b"{", b"[]", b'{"uuid":5}')
    entries.add_events(
        EDIT, [make_record(value, 9, 0, ("raw", 9 + len(value))) for value in strange], "e"
    )
    [entry] = entries.sorted()
    assert (entry.valid, entry.again) == (9, Counter(mysql=3, hdfs=3))
    entry.stored_in, entry.counted = {"mysql": Stored(6), "hdfs": Stored(9, 3)}, 9
    assert entry.problems(STORES) == []


def test_what_a_sink_refuses_of_an_event_of_several_lines_it_has_not() -> None:
    entries, value = of_topics(), orjson.dumps({"uuid": "u"})
    told = error("consumer")
    entries.add_errors(
        [
            make_record(told, 0, 0, ("mysql/raw", 5)),
            make_record(told, 1, 0, ("hdfs/e", 1)),
        ],
        3,
    )
    records = [make_record(value, n, 0, ("raw", n + 5)) for n in range(3)]
    entries.add_events(EDIT, records, "e", 3)
    entry = entries[EDIT]
    assert (entry.unfit, entry.again) == (Counter(mysql=1, hdfs=1), Counter(mysql=1, hdfs=1))
    entries.add_events(EDIT, records, "other", 3)
    assert entry.again == Counter(mysql=2, hdfs=3)


def test_errors_go_to_the_schema_they_name_and_the_sink_they_came_from() -> None:
    value = orjson.dumps({"event": {"schema": "Edit", "revision": 1, "code": "consumer"}})
    entries = of_topics()
    entries.add_errors([make_record(value, 0, 0, ("mysql/eventlogging_Edit_1", 7))])
    assert entries[EDIT].invalid == Counter(consumer=1)
    assert entries[EDIT].unfit == Counter(mysql=1)


def error(code: str) -> bytes:
    return orjson.dumps({"event": {"schema": "Edit", "revision": 1, "code": code}})


def test_an_error_is_the_processors_or_a_sinks_by_its_source_whatever_its_code() -> None:
    entries = of_topics()
    entries.add_errors(
        [
            make_record(error("consumer"), 0, 0, ("eventlogging-client-side", 7)),
            make_record(error("unresolved"), 1, 0, ("eventlogging-client-side", 8)),
            make_record(error("processor"), 2, 0, ("hdfs/eventlogging_Edit_1", 9)),
        ]
    )
    entry = entries[EDIT]
    assert (entry.refused, entry.unfit) == (1, Counter(hdfs=1))
    assert entry.invalid == Counter(consumer=1, unresolved=1, processor=1)


def test_a_line_that_both_sinks_refuse_again_and_again_is_one_error() -> None:
    entries = of_topics()
    entries.add_events(EDIT, [make_record(b"", n, 0, ("raw", n)) for n in range(5)], "e")
    refused = [("mysql", 3), ("hdfs", 1), ("hdfs", 3), ("mysql", 3), ("mysql", 4), ("hdfs", 1)]
    entries.add_errors(
        make_record(error("consumer"), n, 0, (f"{role}/raw", position))
        for n, (role, position) in enumerate(refused)
    )
    entry = entries[EDIT]
    assert (entry.lines, entry.stored, entry.errors) == (5, 2, 3)
    assert entry.unfit == Counter(mysql=2, hdfs=2)


def test_lines_of_different_schemas_or_lanes_are_different() -> None:
    entries = of_topics()
    other = orjson.dumps({"event": {"schema": "Other", "revision": 1, "code": "consumer"}})
    entries.add_errors([make_record(error("consumer"), 0, 0, ("mysql/raw", 3))])
    entries.add_errors(
        [
            make_record(error("consumer"), 0, 0, ("mysql/raw", 3)),
            make_record(other, 1, 0, ("hdfs/raw", 3)),
        ]
    )
    assert {entry.key.schema: entry.errors for entry in entries.sorted()} == {
        "Edit": 2,
        "Other": 1,
    }


def test_errors_of_any_shape_are_counted_as_the_counts_do() -> None:
    values = [
        b"",
        b"null",
        b"[]",
        b'{"event":[]}',
        b'{"event":{"code":1,"schema":[],"revision":{}}}',
    ]
    entries = of_topics()
    entries.add_errors([make_record(value, n, 0, ("raw", n)) for n, value in enumerate(values)])
    [entry] = entries.sorted()
    assert (entry.key, entry.invalid) == (SchemaKey("unknown", -1), Counter(unknown=5))


def test_a_forwarders_line_is_one_however_often_it_came() -> None:
    forwarder = "host/client-0123456789ab"
    records = [
        make_record(b"", 0, 0, (forwarder, 5)),
        make_record(b"", 1, 0, (forwarder, 6)),
        make_record(b"", 2, 0, (forwarder, 5)),
        # Of anybody else the processor takes each.
        make_record(b"", 3, 0, ("somebody", 5)),
        make_record(b"", 4, 0, ("somebody", 5)),
        make_record(b"", 5, 0),
        make_record(b"", 6, 0),
    ]
    assert len(lines_once(records)) == 6
