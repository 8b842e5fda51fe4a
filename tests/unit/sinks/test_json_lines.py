"""The sink of JSON lines keeps the contract of sinks; what its store says of the folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from elfaust.names import TopicNames
from elfaust.records import SchemaKey
from elfaust.schema.lookup.registry import Schema
from elfaust.settings import Settings
from elfaust.sinks.json_lines import JsonLinesSink, JsonLinesStore
from elfaust.sinks.reading import Stored
from elfaust.testing import Place, SinkContract, make_events, make_record, uuid_of

KEY = SchemaKey("Edit", 1)
TOPIC = TopicNames(Settings()).event(KEY)


def settings_of(folder: Path) -> Settings:
    base = Settings()
    return dataclasses.replace(base, lines=dataclasses.replace(base.lines, folder=str(folder)))


class Folder:
    """A folder, in whose place there is a file while it is away."""

    key = KEY

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = JsonLinesStore(settings_of(folder))

    def open(self) -> JsonLinesSink:
        return self._store.sink()

    def event(self, number: int) -> bytes:
        # Of somebody who likes line breaks, one of them in a value.
        return orjson.dumps(
            {"uuid": uuid_of(number), "event": {"a": "\n"}}, option=orjson.OPT_INDENT_2
        )

    def misfit(self, number: int) -> bytes:
        return b'{"uuid": 1}'

    @contextmanager
    def away(self) -> Iterator[None]:
        aside = self._folder.with_name("aside")
        if self._folder.exists():
            self._folder.rename(aside)
        self._folder.write_bytes(b"")
        yield
        self._folder.unlink()
        if aside.exists():
            aside.rename(self._folder)

    def uuids(self) -> list[str]:
        return [row["uuid"] for row in self._store.rows(KEY)]


class TestJsonLinesSink(SinkContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Folder(tmp_path / "lines")


def events(*offsets: int) -> Any:
    records = [make_record(orjson.dumps({"uuid": uuid_of(at)}), at) for at in offsets]
    return make_events(KEY, records, topic=TOPIC)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_is_killed_at_a_step_is_stored_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = JsonLinesStore(settings_of(tmp_path))
    store.sink().write([events(0, 1)], lambda rejected: None)
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise SystemExit

        patch.setattr("os.fsync" if step == "fsync" else "pathlib.Path.replace", die)
        with pytest.raises(SystemExit):
            store.sink().write([events(1, 2, 3)], lambda rejected: None)
    assert store.stored([KEY]) == {KEY: Stored(2)}
    store.sink().write([events(1, 2)], lambda rejected: None)
    store.sink().write([events(1, 2, 3, 4)], lambda rejected: None)
    assert store.stored([KEY]) == {KEY: Stored(5)}


@pytest.mark.parametrize("name", ["0-notes.txt", "0-x-y.jsonl", "0-1-2.jsonl", "README.jsonl"])
def test_somebody_s_file_in_the_folder_is_passed_over(tmp_path: Path, name: str) -> None:
    store = JsonLinesStore(settings_of(tmp_path))
    store.sink().write([events(0)], lambda rejected: None)
    [file] = tmp_path.rglob("*.jsonl")
    (file.parent / name).write_bytes(b"not ours")
    store.sink().write([events(0, 1)], lambda rejected: None)
    assert store.stored([KEY]) == {KEY: Stored(2)}


@pytest.mark.parametrize(
    "held", [b'{"uuid": "a"}\n{"uuid": ', b'{"uuid":\n', b'{"a": 1}\n', b"[]\n", b'{"uuid": []}\n']
)
def test_a_damaged_file_is_unreadable_and_no_crash(tmp_path: Path, held: bytes) -> None:
    store = JsonLinesStore(settings_of(tmp_path))
    store.sink().write([events(0)], lambda rejected: None)
    [file] = tmp_path.rglob("*.jsonl")
    file.write_bytes(held)
    with closing(store.read()) as reader:
        assert reader.stored([KEY])[KEY].unreadable
        revision = reader.revision(Schema(KEY, {}))
        assert revision.rows(TOPIC, 0, {"a": []}) is None
        assert [finding.kind for finding in revision.findings()] == ["unreadable"]


def test_a_uuid_that_is_no_text_ends_no_audit(tmp_path: Path) -> None:
    store = JsonLinesStore(settings_of(tmp_path))
    store.sink().write([events(0)], lambda rejected: None)
    [file] = tmp_path.rglob("*.jsonl")
    file.write_bytes(b'{"uuid": 1}\n')
    with closing(store.read()) as reader:
        revision = reader.revision(Schema(KEY, {}))
    assert [finding.kind for finding in revision.findings()] == ["unreadable"]


def test_a_break_of_another_kind_within_a_record_is_no_end_of_its_line(tmp_path: Path) -> None:
    store = JsonLinesStore(settings_of(tmp_path))
    record = make_record(b'{"uuid":\r\n"%s"}' % uuid_of(0).encode())
    store.sink().write([make_events(KEY, [record], topic=TOPIC)], lambda rejected: None)
    assert store.stored([KEY]) == {KEY: Stored(1)}


def test_a_folder_is_checked_and_a_trial_has_its_own(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "lines")
    subject = JsonLinesStore(settings).checks()
    [check] = subject.checks(settings)
    assert (check.outcome, check.name) == ("ok", subject.name)
    trial = JsonLinesStore(JsonLinesStore(settings).isolated("trial"))
    trial.prepare()
    trial.sink().write([events(0)], lambda rejected: None)
    assert trial.stored([KEY]) == {KEY: Stored(1)}
    trial.remove()
    assert trial.stored([KEY]) == JsonLinesStore(settings).stored([KEY]) == {KEY: Stored()}
