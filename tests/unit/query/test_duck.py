"""DuckDB answers from the Parquet files: by name, over revisions, by hour, and writes nothing."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from elfaust.errors import ServerAway
from elfaust.query.duck import DuckDb
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


def test_times_are_the_same_text_in_whatever_zone(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    asked = "SELECT DISTINCT dt, event_time, CAST(event_time AS VARCHAR) FROM edit WHERE hour < 3"
    # There is no such time in Los Angeles.
    when = "2026-03-08 02:30:00.5"
    assert rows(stored, asked) == [["2026-03-08T02:30:00.5Z", when, when]]


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


def test_ctrl_c_in_the_engine_s_own_loop_is_ctrl_c(stored: Settings) -> None:
    engine = DuckDb(stored)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    endless = (
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range = b.range + 1.5"
    )
    with pytest.raises(KeyboardInterrupt):
        list(engine.ask(endless).rows)
    engine.close()
