"""How new tables are, by the footers of their files; and the table that keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elfaust.commands.freshness import as_lines
from elfaust.errors import ServerAway
from elfaust.hive.errors import errors_table
from elfaust.query import footers, freshness_keeping
from elfaust.query.catalog import Catalog
from elfaust.query.duck import DuckDb
from elfaust.query.files_freshness import FilesFreshness
from elfaust.query.freshness import Freshness, as_text, hours_until
from elfaust.query.freshness_file import newest_file, read, rows_of, write
from elfaust.query.freshness_keeping import FreshnessKeeper
from elfaust.query.recent import recent
from elfaust.query.refused import Failed
from elfaust.query.tables import listed, look, matcher
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.storage.local import LocalStorage
from tests.unit.query.stored import EDIT, EDIT_2, settings_of, store

ONE, TWO = SchemaKey("Edit", 1), SchemaKey("Edit", 2)
#: 2026-03-08T03:59:00Z.
NOW = 1_772_942_340.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_of(tmp_path)
    store(settings, ONE, EDIT, [{}, {}], "2026-03-08T02:30:00.5Z")
    store(settings, ONE, EDIT, [{}], "2026-03-08T03:10:00Z", name="b")
    store(settings, ONE, EDIT, [{}], "2026-03-07T03:59:59Z")
    store(settings, TWO, EDIT_2, [{}], "2026-03-07T04:00:00Z")
    return settings


def files(settings: Settings) -> FilesFreshness:
    storage = LocalStorage()
    return FilesFreshness(Catalog(settings, storage), storage, lambda: NOW)


def test_rows_and_times_are_those_of_the_files(settings: Settings) -> None:
    one, two = files(settings).look()
    assert one[:5] == ("hive", "edit_1", "Edit", 1, 4)
    assert (one.first_event, one.last_event) == ("2026-03-07T03:59:59Z", "2026-03-08T03:10:00Z")
    assert (one.rows_2h, one.rows_24h) == (3, 3)
    assert (two.rows, two.rows_2h, two.rows_24h) == (1, 0, 1)
    assert one.last_written > "2026-01-01"


@pytest.mark.parametrize("tail", [65_536, 100])
def test_each_footer_is_read_once(
    settings: Settings, tail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footers, "TAIL", tail)
    fresh = files(settings)
    assert sum(of.rows for of in fresh.look()) == 5

    def none(*_: Any) -> bytes:
        raise ServerAway("nobody", "asked")

    monkeypatch.setattr(LocalStorage, "read_part", none)
    assert sum(of.rows for of in fresh.look()) == 5


def test_what_is_no_parquet_has_no_rows(settings: Settings) -> None:
    folder = Path(settings.hdfs.root) / "edit_2/year=2026/month=3/day=7/hour=4"
    cut = (folder / "a.parquet").read_bytes()[:-9]
    for name, data in (("cut", cut), ("empty", b""), ("lies", b"\xff\xff\xff\xffPAR1")):
        (folder / name).write_bytes(data)
    fresh = files(settings)
    assert fresh.look()[1].rows == 1
    assert [of.path for of in fresh.unread] == [f"{folder}/{of}" for of in ("cut", "empty", "lies")]


def test_a_file_of_freshness_that_cannot_be_read_is_named(settings: Settings) -> None:
    storage = LocalStorage()
    write(settings, storage, rows_of(files(settings).look(), NOW), NOW)
    path = Path(newest_file(settings, storage))
    path.write_bytes(footer_changed(path.read_bytes(), 0))
    with pytest.raises(Failed, match="cannot be read"):
        read(storage, str(path))


def rewritten(path: Path, **columns: pa.Array) -> None:
    """Write a file anew with other columns."""
    table = pq.read_table(pa.BufferReader(path.read_bytes()))
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    pq.write_table(table, path)


def footer_changed(data: bytes, at: int) -> bytes:
    changed, long = bytearray(data), int.from_bytes(data[-8:-4], "little")
    changed[len(data) - 8 - long + at] ^= 0x5A
    return bytes(changed)


@pytest.mark.parametrize(
    "broken",
    [
        lambda data: footer_changed(data, 0),
        lambda data: footer_changed(data, 5),
        lambda data: data[:-8] + bytes(4) + b"PAR1",
        lambda data: data[:-8] + b"\xff\xff\xff\x7fPAR1",
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: b"PAR1",
    ],
)
def test_a_footer_that_cannot_be_read_is_one_file_s_trouble(
    settings: Settings, broken: Callable[[bytes], bytes]
) -> None:
    path = Path(settings.hdfs.root) / "edit_1/year=2026/month=3/day=8/hour=3/b.parquet"
    path.write_bytes(broken(path.read_bytes()))
    fresh = files(settings)
    assert [of.rows for of in fresh.look()] == [3, 1]
    assert [of.path for of in fresh.unread] == [str(path)]
    path.unlink()
    fresh.look()
    assert fresh.unread == []


LONG_AGO, LATE = -(2**63), 2**63 - 1


@pytest.mark.parametrize(
    ("name", "values", "kind", "told"),
    [
        ("received", [1_790_000_000_000_000, 0], pa.timestamp("ms"), True),
        ("received", [LATE, 0], pa.timestamp("ms"), True),
        ("received", [LONG_AGO, LONG_AGO], pa.timestamp("us"), True),
        ("received", [-62_135_596_800_000 - 1] * 2, pa.timestamp("ms"), True),
        ("received", [1, 2], pa.int64(), False),
        ("received", ["x", "y"], pa.string(), True),
        ("dt", ["infinity", "zz"], pa.string(), True),
        ("dt", ["2016-12-31T23:59:60Z"] * 2, pa.string(), True),
        ("dt", [b"\xff\xfe", b"a"], pa.binary(), True),
        ("dt", [2**60, 1], pa.int64(), True),
        ("dt", [None, None], pa.string(), False),
    ],
)
def test_what_is_no_time_is_told_and_the_rows_are_counted(
    tmp_path: Path, name: str, values: list[Any], kind: pa.DataType, told: bool
) -> None:
    settings = settings_of(tmp_path)
    path = store(settings, ONE, EDIT, [{}, {}])
    rewritten(path, **{name: pa.array(values, kind)})
    fresh = files(settings)
    [of] = fresh.look()
    assert of.rows == 2
    if told:
        [(where, why)] = fresh.unread
        assert (where, name in why, "no time" in why) == (str(path), True, True)
    # Whoever reads what was found can read its times.
    assert as_lines([of], NOW)
    assert rows_of([of], NOW)


@pytest.mark.parametrize(
    ("kind", "second", "last"),
    [
        (pa.timestamp("ms"), 1_000, "0001-01-01T00:00:00Z"),
        (pa.timestamp("us", "Asia/Tokyo"), 1_000_000, "0001-01-01T00:00:00Z"),
    ],
)
def test_times_of_every_unit_are_told_to_the_second(
    tmp_path: Path, kind: pa.DataType, second: int, last: str
) -> None:
    settings = settings_of(tmp_path)
    path = store(settings, ONE, EDIT, [{}, {}])
    rewritten(path, received=pa.array([-62_135_596_800 * second] * 2, kind))
    assert files(settings).look()[0].last_received == last


def test_the_table_of_refused_lines_is_listed_by_its_name(settings: Settings) -> None:
    table = errors_table(settings)
    hour = Path(table.location) / "year=2026/month=3/day=8/hour=2"
    hour.mkdir(parents=True)
    pq.write_table(table.files.empty_table(), hour / "a.parquet")
    found = look(settings, matcher("*"))
    errors = listed(settings, matcher("*"), found)[-1]
    assert (errors.schema, errors.hive, errors.rows) == ("EventError", "eventerror", 0)
    assert errors.description.startswith("Lines and events that were refused")


def test_hours_go_over_days() -> None:
    assert list(hours_until(NOW, 5))[-1] == (2026, 3, 7, 23)
    assert as_text(NOW) == "2026-03-08T03:59:00Z"


def test_the_table_is_written_whole_and_read_by_its_name(settings: Settings) -> None:
    storage, found = LocalStorage(), files(settings).look()
    assert newest_file(settings, storage) == ""
    write(settings, storage, rows_of(found[:1], NOW), NOW)
    write(settings, storage, rows_of(found, NOW + 5), NOW + 5)
    assert read(storage, newest_file(settings, storage)).num_rows == 2
    engine = DuckDb(settings)
    asked = "SELECT table_name, row_count, last_event, last_received FROM elfaust_freshness"
    assert list(engine.ask(f"{asked} ORDER BY table_name").rows) == [
        ["edit_1", 4, "2026-03-08 03:10:00", None],
        ["edit_2", 1, "2026-03-07 04:00:00", None],
    ]
    engine.close()
    write(settings, storage, rows_of(found, NOW + 900), NOW + 900)
    assert len(storage.list(f"{settings.hdfs.root}/_freshness")) == 1


def test_unknown_rows_are_null(settings: Settings) -> None:
    of = Freshness("mysql", "x", "X", 1, -1, "", "", "", "", -1, 2)
    assert rows_of([of], NOW)[0][4:11] == (None, None, None, None, None, None, 2)


def test_the_keeper_writes_what_it_finds_though_mysql_is_away(settings: Settings) -> None:
    keeper = FreshnessKeeper(settings, LocalStorage())
    with pytest.raises(ServerAway, match="MySQL"):
        keeper.once()
    found = recent(settings).found
    assert [of.table for of in found.tables] == ["edit_1", "edit_2"]
    assert found.tables[0].rows == 4


def test_the_keeper_tells_of_a_file_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings, processor=replace(settings.processor, stores="hdfs"))
    path = Path(settings.hdfs.root) / "edit_2/year=2026/month=3/day=7/hour=4/strange"
    path.write_bytes(b"x")
    keeper = FreshnessKeeper(settings, LocalStorage())
    keeper.once()
    keeper.once()
    assert caplog.text.count(str(path)) == 1


async def test_what_nobody_foresaw_does_not_end_the_role(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper, looks = FreshnessKeeper(settings, LocalStorage()), []

    def fails() -> list[Freshness]:
        looks.append(1)
        if len(looks) == 2:
            keeper._stopped.set()
        raise OSError("Couldn't deserialize thrift")

    monkeypatch.setattr(freshness_keeping, "SECONDS", 0.01)
    monkeypatch.setattr(keeper, "once", fails)
    await asyncio.wait_for(keeper.run(), 20)
    assert len(looks) == 2
    assert "Couldn't deserialize thrift" in caplog.text


def test_lists_have_names_in_both_stores_and_tell_who_is_away(settings: Settings) -> None:
    found = look(settings, matcher("edit"))
    assert [away.server for away in found.away] == ["MySQL 127.0.0.1:3306"]
    one, two = listed(settings, matcher("EDIT"), found)
    assert (one.mysql, one.hive, one.view, one.rows) == ("Edit_1", "edit_1", "edit", 4)
    assert one.description == "An edit, or what would have been one"
    assert two.last_event == "2026-03-07T04:00:00Z"
    assert listed(settings, matcher("nothing*"), found) == []
