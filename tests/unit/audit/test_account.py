"""When an account balances, and what it says when it does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import MySQLdb
import orjson
import pyarrow as pa
import pytest

from elfaust.audit.account import Account, Line, _add_parquet, _count_rows, _Lines, _lines_once
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.sinks.parquet.file_names import FileNames, file_name
from elfaust.sinks.parquet.table import to_bytes
from elfaust.storage.local import LocalStorage
from elfaust.testing import make_record

EDIT = SchemaKey("Edit", 1)


def balanced() -> Line:
    return Line(
        EDIT,
        valid=10,
        invalid=Counter(validation=2, consumer=1),
        refused=1,
        unfit=Counter(mysql=1),
        mysql=9,
        parquet=10,
        counted=10,
        counted_invalid=Counter(validation=2, consumer=1),
        counted_refused=1,
    )


def test_an_account_that_balances_has_no_problems() -> None:
    assert Account(12, [balanced()]).problems == []


def test_each_thing_that_is_lost_or_doubled_is_named() -> None:
    for name, value in [
        ("mysql", 8),
        ("parquet", 11),
        ("counted", 9),
        ("counted_refused", 4),
        ("parquet_twice", 3),
    ]:
        line = balanced()
        setattr(line, name, value)
        [problem] = Account(12, [line]).problems
        assert problem.startswith("Edit_1: ")
        assert str(value) in problem
    line = balanced()
    line.counted_invalid["validation"] += 1
    assert "errors counted" in Account(12, [line]).problems[0]
    assert Account(13, [balanced()]).problems == ["13 raw lines, 12 stored or errors"]


@pytest.mark.parametrize(
    ("store", "spoiled"), [("mysql", {"parquet": 0, "parquet_twice": 3}), ("hdfs", {"mysql": 0})]
)
def test_of_a_store_that_keeps_no_events_nothing_is_expected(
    store: str, spoiled: dict[str, int]
) -> None:
    line = balanced()
    for name, value in spoiled.items():
        setattr(line, name, value)
    assert Account(12, [line], [store]).problems == []
    assert len(Account(12, [line]).problems) == len(spoiled)
    line.counted = 0
    assert len(Account(12, [line], [store]).problems) == 1


def test_a_record_that_was_repeated_is_one() -> None:
    lines = _Lines()
    records = [make_record(b"", offset, 0, ("raw", offset % 3)) for offset in range(5)]
    lines.add_events(EDIT, records, "e")
    assert (lines[EDIT].valid, lines[EDIT].repeats) == (3, 2)


def test_an_event_of_several_lines_is_once_in_mysql_and_each_time_in_parquet() -> None:
    lines = _Lines()
    for lane in range(2):
        values = [orjson.dumps({"uuid": f"u{n}"}) for n in (1, 1, 2 + lane)]
        records = [make_record(v, n, 0, (f"raw{lane}", n)) for n, v in enumerate(values)]
        lines.add_events(EDIT, records, "e", lane)
    strange = (b"{", b"[]", b'{"uuid":5}')
    lines.add_events(
        EDIT, [make_record(value, 9, 0, ("raw", 9 + len(value))) for value in strange], "e"
    )
    [line] = lines.sorted()
    assert (line.valid, line.again) == (9, Counter(mysql=3, hdfs=3))
    line.mysql, line.parquet, line.parquet_twice, line.counted = 6, 9, 3, 9
    assert line.problems() == []


def test_what_a_sink_refuses_of_an_event_of_several_lines_it_has_not() -> None:
    lines, value = _Lines(), orjson.dumps({"uuid": "u"})
    told = error("consumer")
    lines.add_errors(
        [
            make_record(told, 0, 0, ("mysql/raw", 5)),
            make_record(told, 1, 0, ("hdfs/e", 1)),
        ],
        3,
    )
    records = [make_record(value, n, 0, ("raw", n + 5)) for n in range(3)]
    lines.add_events(EDIT, records, "e", 3)
    line = lines[EDIT]
    assert (line.unfit, line.again) == (Counter(mysql=1, hdfs=1), Counter(mysql=1, hdfs=1))
    lines.add_events(EDIT, records, "other", 3)
    assert line.again == Counter(mysql=2, hdfs=3)


def test_a_table_that_cannot_be_read_hides_no_other() -> None:
    class Cursor:
        number = 1814

        def execute(self, statement: str, *_: object) -> None:
            raise MySQLdb.OperationalError(self.number, "no")

    cursor, line = Cursor(), Line(EDIT)
    _count_rows(cursor, "Edit_1", line)
    assert line.problems() == ["its table cannot be read: MySQL says 1814: no"]
    cursor.number = 2006
    with pytest.raises(MySQLdb.OperationalError):
        _count_rows(cursor, "Edit_1", line)


def test_errors_go_to_the_schema_they_name_and_the_sink_they_came_from() -> None:
    value = orjson.dumps({"event": {"schema": "Edit", "revision": 1, "code": "consumer"}})
    lines = _Lines()
    lines.add_errors([make_record(value, 0, 0, ("mysql/eventlogging_Edit_1", 7))])
    assert lines[EDIT].invalid == Counter(consumer=1)
    assert lines[EDIT].unfit == Counter(mysql=1)


def error(code: str) -> bytes:
    return orjson.dumps({"event": {"schema": "Edit", "revision": 1, "code": code}})


def test_an_error_is_the_processors_or_a_sinks_by_its_source_whatever_its_code() -> None:
    lines = _Lines()
    lines.add_errors(
        [
            make_record(error("consumer"), 0, 0, ("eventlogging-client-side", 7)),
            make_record(error("unresolved"), 1, 0, ("eventlogging-client-side", 8)),
            make_record(error("processor"), 2, 0, ("hdfs/eventlogging_Edit_1", 9)),
        ]
    )
    line = lines[EDIT]
    assert (line.refused, line.unfit) == (1, Counter(hdfs=1))
    assert line.invalid == Counter(consumer=1, unresolved=1, processor=1)


def test_a_line_that_both_sinks_refuse_again_and_again_is_one_error() -> None:
    lines = _Lines()
    lines.add_events(EDIT, [make_record(b"", n, 0, ("raw", n)) for n in range(5)], "e")
    refused = [("mysql", 3), ("hdfs", 1), ("hdfs", 3), ("mysql", 3), ("mysql", 4), ("hdfs", 1)]
    lines.add_errors(
        make_record(error("consumer"), n, 0, (f"{role}/raw", position))
        for n, (role, position) in enumerate(refused)
    )
    line = lines[EDIT]
    assert (line.lines, line.stored, line.errors) == (5, 2, 3)
    assert line.unfit == Counter(mysql=2, hdfs=2)


def test_lines_of_different_schemas_or_lanes_are_different() -> None:
    lines = _Lines()
    other = orjson.dumps({"event": {"schema": "Other", "revision": 1, "code": "consumer"}})
    lines.add_errors([make_record(error("consumer"), 0, 0, ("mysql/raw", 3))])
    lines.add_errors(
        [
            make_record(error("consumer"), 0, 0, ("mysql/raw", 3)),
            make_record(other, 1, 0, ("hdfs/raw", 3)),
        ]
    )
    assert {key.schema: line.errors for key, line in lines._lines.items()} == {
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
    lines = _Lines()
    lines.add_errors([make_record(value, n, 0, ("raw", n)) for n, value in enumerate(values)])
    [line] = lines.sorted()
    assert (line.key, line.invalid) == (SchemaKey("unknown", -1), Counter(unknown=5))


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
    assert len(_lines_once(records)) == 6


@pytest.mark.parametrize(
    "path",
    [
        Settings().hdfs.path,
        "raw/{schema}/{revision}/y={year}/m={month}/d={day}/h={hour}",
        "{year}/{month}/{day}/{hour}/{schema}_{revision}",
    ],
)
@pytest.mark.parametrize("name", ["Edit", "_Under"])
def test_parquet_rows_are_those_of_the_files_of_a_name(
    tmp_path: Path, path: str, name: str
) -> None:
    base, key, other = Settings(), SchemaKey(name, 1), SchemaKey("Other", 1)
    hdfs = replace(base.hdfs, storage="local", root=f"{tmp_path}", path=path)
    settings = replace(base, hdfs=hdfs)
    names, lines = FileNames(settings), _Lines()
    for of in (key, other):
        lines.add_events(of, [make_record(b"", 0, 0, ("raw", 0))], "e")
    folder = names.in_hour(key, "2020-09-13T12")
    rows = to_bytes(pa.table({"uuid": ["a", "b"]}))
    for file in (file_name(f"eventlogging_{name}_1", 0, 0, 1), "_SUCCESS", ".x.crc"):
        LocalStorage().write(f"{folder}/{file}", rows)
    LocalStorage().write(f"{tmp_path}/x.parquet", rows)
    _add_parquet(settings, lines, None)
    assert [(lines[of].parquet, lines[of].parquet_twice) for of in (key, other)] == [(2, 0), (0, 0)]
