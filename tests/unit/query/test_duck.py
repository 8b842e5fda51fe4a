"""DuckDB answers from the Parquet files: by name, over revisions, by hour, and writes nothing."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elfaust.errors import ServerAway
from elfaust.query.duck import DuckDb, interrupts
from elfaust.query.refused import Failed, Refused
from elfaust.records import SchemaKey
from elfaust.settings import Settings
from elfaust.storage.local import LocalStorage
from tests.unit.query.stored import EDIT, EDIT_2, settings_of, store

ONE, TWO = SchemaKey("Edit", 1), SchemaKey("Edit", 2)
HARD = {"deepEst": 'a "b" \\ \n 😀 é'}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


@pytest.fixture
def stored(settings: Settings) -> Settings:
    store(
        settings,
        ONE,
        EDIT,
        [
            {"action": "save", "tries": 2, "items": ["x", "y"], "fooBar": {"innerMost": HARD}},
            {"action": "init"},
        ],
    )
    store(settings, TWO, EDIT_2, [{"tries": 1.5, "more": True}], "2026-03-08T03:00:00Z")
    return settings


def rows(settings: Settings, sql: str) -> list[list[Any]]:
    engine = DuckDb(settings)
    try:
        return list(engine.ask(sql).rows)
    finally:
        engine.close()


def test_a_table_has_its_events_with_structs_and_arrays(stored: Settings) -> None:
    asked = "SELECT event, event.items[1], event.foobar.innermost.deepest, hour FROM edit_1"
    [first, second] = rows(stored, f"{asked} ORDER BY uuid")
    event = {"action": "save", "foobar": {"innermost": HARD}, "items": ["x", "y"], "tries": 2}
    event["foobar"] = {"innermost": {"deepest": HARD["deepEst"]}}
    assert first == [event, "x", HARD["deepEst"], 2]
    assert second[0] == {"action": "init", "foobar": None, "items": None, "tries": None}


def test_a_view_unites_revisions_by_name(stored: Settings) -> None:
    asked = "SELECT revision, event.tries, event.more, event.items, event.action FROM event.edit"
    assert rows(stored, f"{asked} ORDER BY revision, event.tries DESC") == [
        [1, None, None, None, "init"],
        [1, 2.0, None, ["x", "y"], "save"],
        [2, 1.5, True, None, None],
    ]


def test_a_number_beside_a_text_is_the_text_that_hive_makes_of_it(settings: Settings) -> None:
    kinds = ("number", "string")
    one, two = ({"properties": {"x": {"type": kind}}} for kind in kinds)
    store(settings, ONE, one, [{"x": x} for x in (1e20, 1e7, 0.0001, 1.5)] + [{}])
    store(settings, TWO, two, [{"x": "t"}])
    found = rows(settings, "SELECT event.x FROM edit ORDER BY revision, uuid")
    assert [text for (text,) in found] == ["1.0E20", "1.0E7", "1.0E-4", "1.5", None, "t"]


def test_times_are_the_same_text_in_whatever_zone(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    asked = "SELECT DISTINCT dt, event_time, CAST(event_time AS VARCHAR) FROM edit WHERE hour < 3"
    # There is no such time in Los Angeles.
    when = "2026-03-08 02:30:00.5"
    assert rows(stored, asked) == [["2026-03-08T02:30:00.5Z", when, when]]


def test_times_and_intervals_are_what_duckdb_writes(settings: Settings) -> None:
    wanted: dict[str, Any] = {
        "INTERVAL '14 months'": "1 year 2 months",
        "INTERVAL '-1 hour'": "-01:00:00",
        "TIMESTAMP 'infinity'": "infinity",
        "TIMESTAMP '2026-03-08 02:30:00.50'": "2026-03-08 02:30:00.5",
        "TIMESTAMP_NS '2026-03-08 02:30:00.123456789'": "2026-03-08 02:30:00.123456789",
        "DATE '58692-11-03'": "58692-11-03",
        "TIME '02:30:00.5'": "02:30:00.5",
        "[INTERVAL '1 day', NULL]": ["1 day", None],
        "{'aB': DATE '-infinity', 'select': [1]}": {"ab": "-infinity", "select": [1]},
        "MAP {DATE '2026-03-08': INTERVAL '1 day'}": {"2026-03-08": "1 day"},
        "array_value(DATE '2026-03-08')": ["2026-03-08"],
        "row(1, 'x')": [1, "x"],
    }
    columns = ", ".join(f"{sql} AS x" for sql in wanted)
    asked = f"SELECT {columns} FROM range(3) ORDER BY range -- x\n; -- y\n;"
    assert rows(settings, asked) == [list(wanted.values())] * 3


def test_an_answer_with_times_has_its_names_and_order(settings: Settings) -> None:
    engine = DuckDb(settings)
    asked = "SELECT range * 7919 % 1009 AS a, DATE '2026-03-08' + range::INT AS a FROM range(1000)"
    answer = engine.ask(f"{asked} ORDER BY 1 DESC")
    assert answer.columns == ["a", "a_2"]
    found = [row[0] for row in answer.rows]
    assert found == sorted(found, reverse=True)
    engine.close()


def test_received_is_a_timestamp_that_all_functions_take(settings: Settings) -> None:
    path = store(settings, ONE, EDIT, [{}, {}, {}])
    table = pq.read_table(pa.BufferReader(path.read_bytes()))
    received = pa.array([1_500, 2**63 - 1, None], pa.timestamp("ms"))
    at = table.schema.get_field_index("received")
    pq.write_table(table.set_column(at, "received", received), path)
    for name in ("edit", "edit_1"):
        asked = f"SELECT received, epoch_ms(received) FROM {name} WHERE received < now()::TIMESTAMP"
        assert rows(settings, asked) == [["1970-01-01 00:00:01.5", 1_500]]
        assert rows(settings, f"SELECT typeof(received) FROM {name} LIMIT 1") == [["TIMESTAMP"]]
    assert rows(settings, "SELECT max(received) FROM edit") == [["infinity"]]


def test_files_of_other_hours_are_not_opened(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def read(self: LocalStorage, path: str) -> bytes:
        opened.append(path)
        return Path(path).read_bytes()

    monkeypatch.setattr(LocalStorage, "read", read)
    asked = "SELECT count(*) FROM edit WHERE year = 2026 AND month = 3 AND day = 8 AND hour < 3"
    assert rows(stored, asked) == [[2]]
    assert {"hour=2" in path for path in opened} == {True}


@pytest.mark.parametrize("newer", ["a", "z"])
def test_a_field_that_one_file_lacks_is_null_whichever_comes_first(
    settings: Settings, newer: str
) -> None:
    less = {"properties": {"action": {"type": "string"}, "gone": {"type": "string"}}}
    store(settings, ONE, less, [{"action": "old", "gone": "x"}], name="m")
    store(settings, ONE, EDIT, [{"action": "new", "tries": 1}], name=newer)
    assert rows(settings, "SELECT event.action, event.tries FROM edit_1 ORDER BY 1") == [
        *(["new", 1], ["old", None])
    ]


def test_what_is_no_file_of_events_in_an_hour_is_passed_over_or_named(stored: Settings) -> None:
    hour = Path(stored.hdfs.root) / "edit_1/year=2026/month=3/day=8/hour=2"
    for other in (hour / "_temporary", hour / ".x.parquet", hour.parent / "x.parquet"):
        other.write_text("no Parquet")
    assert rows(stored, "SELECT count(*) FROM edit_1") == [[2]]
    (hour / "strange").write_text("no Parquet")
    with pytest.raises(Failed, match="hour=2/strange"):
        rows(stored, "SELECT event FROM edit_1")


def test_folders_that_are_no_partitions_of_hive_have_no_rows(stored: Settings) -> None:
    hour = Path(stored.hdfs.root) / "edit_1/year=2026/month=3/day=8/hour=2"
    for name in ("hour=02", "hour=00002", "hour=2x", "hour="):
        shutil.copytree(hour, hour.parent / name)
    assert rows(stored, "SELECT count(*) FROM edit_1") == [[2]]


def test_what_views_are_made_of_is_not_for_questions(stored: Settings) -> None:
    for sql in ("SELECT java_text(1.5)", 'SELECT * FROM "the answer"'):
        with pytest.raises(Refused):
            rows(stored, sql)


def test_no_table_without_a_folder(settings: Settings) -> None:
    store(settings, ONE, EDIT, [{}])
    with pytest.raises(Refused, match="no table 'edit_2'"):
        rows(settings, "SELECT 1 FROM edit_2")


def test_columns_of_one_name_are_told_apart(stored: Settings) -> None:
    engine = DuckDb(stored)
    assert engine.ask("SELECT 1 AS a, 2 AS a, 3 AS b").columns == ["a", "a_2", "b"]
    engine.close()


@pytest.mark.parametrize("sql", ["SELECT nothing FROM edit", "SELECT 1/", "SELECT 'x'::INT"])
def test_what_cannot_be_run_is_said_in_the_engine_s_words(stored: Settings, sql: str) -> None:
    with pytest.raises(Failed, match="Error"):
        rows(stored, sql)


def test_a_store_that_is_away_is_named(stored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> bytes:
        raise ServerAway("HDFS http://h:1", "refused")

    monkeypatch.setattr(LocalStorage, "read", away)
    with pytest.raises(ServerAway, match="HDFS http://h:1 is not available: refused"):
        rows(stored, "SELECT event FROM edit")


def test_each_question_has_its_own_trouble(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> bytes:
        raise ServerAway("HDFS http://h:1", "refused")

    engine = DuckDb(stored)
    with monkeypatch.context() as changed:
        changed.setattr(LocalStorage, "read", away)
        with pytest.raises(ServerAway):
            list(engine.ask("SELECT event FROM edit").rows)
    with pytest.raises(Failed, match="Conversion Error"):
        list(engine.ask("SELECT CAST(event.action AS INT) FROM edit").rows)
    engine.close()


def test_a_question_can_be_cancelled(stored: Settings) -> None:
    engine = DuckDb(stored)
    endless = "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
    stop = threading.Event()

    def cancel() -> None:
        while not stop.wait(0.1):
            engine.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        with pytest.raises(Failed, match="Interrupted"):
            list(engine.ask(endless).rows)
    finally:
        stop.set()
        thread.join()
        engine.close()


def test_what_duckdb_makes_of_ctrl_c_is_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts():
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="another"), interrupts():
        raise RuntimeError("another")
